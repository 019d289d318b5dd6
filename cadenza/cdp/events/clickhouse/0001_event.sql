create table if not exists event (
  workspace UUID,
  profile UInt64,
  name LowCardinality(String),
  at DateTime64(3, 'UTC'),
  id UUID,
  received_at DateTime64(3, 'UTC'),
  source LowCardinality(String),
  text Map(LowCardinality(String), String),
  number Map(LowCardinality(String), Float64),
  properties String
) engine = MergeTree
partition by toYear(at)
order by (workspace, name, profile, at)
settings DURABLE;
alter table event add index if not exists event_profile profile type bloom_filter(0.01) granularity 4;
