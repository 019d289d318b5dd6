alter table profile add column if not exists list Map(LowCardinality(String), Array(String));
