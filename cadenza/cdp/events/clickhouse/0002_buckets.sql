alter table event modify setting BUCKETS;
