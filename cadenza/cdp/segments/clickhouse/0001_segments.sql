alter table profile add column if not exists list Map(LowCardinality(String), Array(String));
alter table event add projection if not exists event_by_time (select workspace, name, at, profile order by workspace, name, at);
alter table event materialize projection event_by_time;
create table if not exists subscription (
  workspace UUID,
  profile UInt64,
  channel LowCardinality(String),
  topic LowCardinality(String),
  point UInt64,
  state LowCardinality(String),
  version UInt64,
  deleted UInt8 default 0
) engine = ReplacingMergeTree(version, deleted)
order by (workspace, channel, topic, profile, point)
settings DURABLE;
create table if not exists product (
  workspace UUID,
  profile UInt64 materialized cityHash64(product),
  product String,
  version UInt64,
  deleted UInt8 default 0,
  created_at DateTime64(3, 'UTC'),
  text Map(LowCardinality(String), String),
  number Map(LowCardinality(String), Float64),
  time Map(LowCardinality(String), DateTime64(3, 'UTC')),
  flag Map(LowCardinality(String), UInt8),
  list Map(LowCardinality(String), Array(String))
) engine = ReplacingMergeTree(version, deleted)
order by (workspace, product)
settings DURABLE;
create table if not exists product_member (
  workspace UUID,
  segment UUID,
  product String,
  version UInt64,
  deleted UInt8 default 0
) engine = ReplacingMergeTree(version, deleted)
order by (workspace, segment, product)
settings DURABLE;
