alter table profile modify setting BUCKETS;
