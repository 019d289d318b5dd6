create table if not exists profile (
  workspace UUID,
  profile UInt64,
  version UInt64,
  deleted UInt8 default 0,
  created_at DateTime64(3, 'UTC'),
  text Map(LowCardinality(String), String),
  number Map(LowCardinality(String), Float64),
  time Map(LowCardinality(String), DateTime64(3, 'UTC')),
  flag Map(LowCardinality(String), UInt8)
) engine = ReplacingMergeTree(version, deleted)
order by (workspace, profile)
settings DURABLE;
