-- The second order of events carries their properties, so that a condition with a window reads that window alone.
alter table event add projection if not exists event_of_window (select workspace, name, at, profile, text, number order by workspace, name, at);
alter table event materialize projection event_of_window;
alter table event drop projection if exists event_by_time;
