create table if not exists purchase (
  workspace UUID,
  profile UInt64,
  number String,
  version UInt64,
  deleted UInt8 default 0,
  placed_at DateTime64(3, 'UTC'),
  status LowCardinality(String),
  currency LowCardinality(String),
  total Decimal(18, 4),
  refunded Decimal(18, 4),
  country LowCardinality(String),
  line_product Array(String),
  line_category Array(LowCardinality(String)),
  line_brand Array(LowCardinality(String)),
  line_quantity Array(Float64),
  line_total Array(Decimal(18, 4))
) engine = ReplacingMergeTree(version, deleted)
order by (workspace, number)
settings DURABLE;
