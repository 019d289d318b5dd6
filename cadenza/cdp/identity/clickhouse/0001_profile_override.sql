create table if not exists profile_override (
  workspace UUID,
  profile UInt64,
  into UInt64,
  version UInt64,
  deleted UInt8 default 0
) engine = ReplacingMergeTree(version, deleted)
order by (workspace, profile)
settings DURABLE;
