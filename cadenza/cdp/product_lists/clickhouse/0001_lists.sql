create table if not exists product_list (
  workspace UUID,
  profile UInt64,
  name LowCardinality(String),
  product Array(String),
  text Array(Map(LowCardinality(String), String)),
  number Array(Map(LowCardinality(String), Float64)),
  version UInt64,
  deleted UInt8 default 0
) engine = ReplacingMergeTree(version, deleted)
order by (workspace, name, profile)
settings DURABLE;
