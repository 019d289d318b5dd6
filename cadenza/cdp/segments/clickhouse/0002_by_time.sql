-- The second order of events carries their properties, so that a condition with a window reads that window alone.
-- What is stored already is laid out behind the scenes; dropping the old one afterwards would wait for that.
alter table event drop projection if exists event_by_time;
alter table event add projection if not exists event_of_window (select workspace, name, at, profile, text, number order by workspace, name, at);
alter table event materialize projection event_of_window;
