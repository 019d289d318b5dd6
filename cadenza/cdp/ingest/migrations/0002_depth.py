"""Message ids in a ring of time buckets; names of rejected events; policy, dropped counts, replays.

`ingest_seen` was one table that grew with thirty days of messages. Ids are random, so that each insert touched a
page of its own of an ever larger index. Now a bucket takes the ids of ten days: inserts touch the newest bucket
alone, older ones are only read, and the oldest is emptied whole. See docs/decisions/0018-seen-in-buckets.md.
"""

from django.db import migrations, models

import cadenza.base.ids

RING = """
select set_config('cadenza.workspace', '*', true);
alter table ingest_seen rename to ingest_seen_before;
create table ingest_seen (bucket smallint not null, message uuid not null) partition by list (bucket);
create table ingest_seen_0 partition of ingest_seen for values in (0);
create unique index ingest_seen_0_message on ingest_seen_0 (message);
create table ingest_seen_1 partition of ingest_seen for values in (1);
create unique index ingest_seen_1_message on ingest_seen_1 (message);
create table ingest_seen_2 partition of ingest_seen for values in (2);
create unique index ingest_seen_2_message on ingest_seen_2 (message);
create table ingest_seen_3 partition of ingest_seen for values in (3);
create unique index ingest_seen_3_message on ingest_seen_3 (message);
create table ingest_seen_4 partition of ingest_seen for values in (4);
create unique index ingest_seen_4_message on ingest_seen_4 (message);
"""
# The workspace is mixed into the message, so that the index holds one value and not two.
COPY = """
with mixed as (
  select at, ('x' || replace(workspace_id::text, '-', ''))::bit(128)
             # ('x' || replace(message::text, '-', ''))::bit(128) as bits
  from ingest_seen_before
)
insert into ingest_seen (bucket, message)
select (floor(extract(epoch from at) / 864000)::bigint % 5)::smallint,
       (lpad(to_hex(bits::bit(64)::bigint), 16, '0') || lpad(to_hex((bits << 64)::bit(64)::bigint), 16, '0'))::uuid
from mixed on conflict do nothing;
drop table ingest_seen_before;
"""
# Emptying a table is the right of its owner; the everyday role may do it to a bucket of the ring alone.
FORGET = """
create function ingest_forget_bucket(bucket int) returns void language plpgsql security definer
set search_path = public as $$
begin
  if bucket < 0 or bucket > 4 then raise exception 'There is no such bucket.'; end if;
  execute format('truncate ingest_seen_%s', bucket);
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("ingest", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel(name="Seen")],
            database_operations=[migrations.RunSQL(RING), migrations.RunSQL(COPY), migrations.RunSQL(FORGET)],
        ),
        migrations.AddField(
            model_name="rejectedevent", name="name", field=models.CharField(default="", max_length=200)
        ),
        migrations.AddIndex(
            model_name="rejectedevent",
            index=models.Index(fields=["workspace_id", "replayed_at", "code"], name="rejected_waiting"),
        ),
        migrations.CreateModel(
            name="Policy",
            fields=[
                ("workspace_id", models.UUIDField(primary_key=True, serialize=False)),
                ("dnt", models.BooleanField()),
                ("gpc", models.BooleanField()),
                ("consent", models.BooleanField()),
                ("categories", models.JSONField()),
                ("events_per_second", models.IntegerField()),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="DroppedCount",
            fields=[
                ("workspace_id", models.UUIDField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("reason", models.CharField(max_length=32)),
                ("count", models.BigIntegerField()),
            ],
            options={"indexes": [models.Index(fields=["workspace_id", "day"], name="dropped_by_day")]},
        ),
        migrations.CreateModel(
            name="Replay",
            fields=[
                ("workspace_id", models.UUIDField()),
                (
                    "id",
                    models.UUIDField(
                        default=cadenza.base.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("state", models.CharField(default="running", max_length=16)),
                ("asked", models.JSONField()),
                ("last", models.UUIDField(null=True)),
                ("total", models.IntegerField()),
                ("done", models.IntegerField(default=0)),
                ("still_wrong", models.IntegerField(default=0)),
                ("started_at", models.DateTimeField()),
                ("touched_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={"abstract": False},
        ),
    ]
