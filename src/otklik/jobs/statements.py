"""The SQL of the queue, each statement measured: its shape is the design (stack.md, Jobs)."""

# The moment of a claim or a retry: the database's own, unless the test clock stands still.
NOW = "coalesce(%(now)s::timestamptz, statement_timestamp())"
LEASE = "statement_timestamp() + %(lease)s * interval '1 s'"  # a lease is held against real time always
HANDED = "jobs.id, task, args::text, key, token, attempts, max_attempts, lane"
COLUMNS = "id, lane, task, args, key, run_at, turn, created, lease_until, token, attempts, max_attempts, worker, error"

INSERT = """
insert into jobs (lane, task, args, key, run_at, turn, max_attempts)
select %(lane)s, %(task)s, %(args)s::jsonb, %(key)s::text, moment, moment, %(attempts)s
  from (select coalesce(%(run_at)s::timestamptz, now()) as moment) as planned"""
INSERT_ALL = """
insert into jobs (lane, task, args, key, run_at, turn, max_attempts)
select lane, task, args::jsonb, key, moment, moment, attempts
  from (select coalesce(%(run_at)s::timestamptz, now()) as moment) as planned,
       unnest(%(lanes)s::text[], %(tasks)s::text[], %(args)s::text[], %(keys)s::text[], %(attempts)s::int[])
         with ordinality as asked (lane, task, args, key, attempts, place)
 order by place"""
INSERT_UNLESS_WAITING = f"""{INSERT}
 where not exists (select 1 from jobs where key = %(key)s::text and task = %(task)s and worker is null)"""

CLAIM_LOCK = 0x6A6F6273  # any constant of ours; only claims take it
# Lock and claim are two statements: the second has to see the claim before it, which one snapshot would not. All of it
# goes to the server in one message, planned once for each connection.
LOCK_CLAIMS = f"select pg_advisory_xact_lock({CLAIM_LOCK})"
CLAIMING = f"begin; {LOCK_CLAIMS}; execute {{name}}({{values}}); commit"
DUE_LANES = f"""
select lane from unnest(%(lanes)s::text[]) as lane
 where exists (select 1 from jobs where jobs.lane = lane and run_at <= {NOW} and worker is null)"""
_TAKE = f"""
update jobs set worker = %(me)s, lease_until = {LEASE}, token = token + 1, attempts = attempts + 1
  from pick where jobs.id = pick.id
returning {HANDED}"""
# All lanes at once. Of the due jobs of one key only the first passes, whatever its lane, for ``turn <= run_at``.
CLAIM = f"""
with pick as materialized (
  select one.id from unnest(%(lanes)s::text[], %(rooms)s::int[]) as wanted (lane, room)
   cross join lateral (
     select id from jobs as j
      where j.lane = wanted.lane and run_at <= {NOW} and worker is null
        and (key is null
             or not exists (select 1 from jobs as e where e.key = j.key and e.id < j.id and e.turn <= {NOW})
            and not exists (select 1 from jobs as e where e.key = j.key and e.worker is not null))
      order by run_at, id limit wanted.room for update skip locked) as one){_TAKE}"""
SUSPECT = f"""
with pick as materialized (
  select id from jobs
   where worker is not null and lease_until < statement_timestamp() and attempts < max_attempts
   order by id limit 1 for update skip locked){_TAKE}"""

CLAIMS = {  # name → (values in their order, with their types; the statement)
    "claim": ({"lanes": "text[]", "rooms": "int[]", "me": "text", "lease": "float8", "now": "timestamptz"}, CLAIM),
    "suspect": ({"me": "text", "lease": "float8"}, SUSPECT),
}


def prepared(name: str) -> str:
    """The statement that makes a claim known to a connection by its name."""
    types, words = CLAIMS[name]
    places = {value: f"${place}" for place, value in enumerate(types, 1)}
    return f"prepare {name} ({', '.join(types.values())}) as {words % places}"


HELD = f"select {HANDED} from jobs where id = %s and token = %s"
RENEW = """
update jobs set lease_until = statement_timestamp() + %s * interval '1 s'
  from unnest(%s::bigint[], %s::int[]) as held (i, k) where id = i and token = k
returning id"""
RELEASE = """
update jobs set worker = null, lease_until = null, attempts = attempts - 1
  from unnest(%s::bigint[], %s::int[]) as held (i, k) where id = i and token = k"""
FINISH = "delete from jobs where id = %s and token = %s returning id"
RETRY = f"""
update jobs
   set worker = null, lease_until = null, error = %(error)s, run_at = {NOW} + %(delay)s * interval '1 s',
       turn = case when {NOW} + %(delay)s * interval '1 s' < turn + %(patience)s * interval '1 s' then turn
                   else {NOW} + %(delay)s * interval '1 s' end
 where id = %(id)s and token = %(token)s"""
STILL_SUSPECT = """
update jobs set lease_until = statement_timestamp() + %(delay)s * interval '1 s', error = %(error)s
 where id = %(id)s and token = %(token)s"""

DEAD = f"""
with gone as (delete from jobs where id = %(id)s and token = %(token)s returning *)
insert into jobs_dead ({COLUMNS}) select {COLUMNS.replace("error", "%(error)s::text")} from gone
returning id, task, key, args::text, error"""
BURY = f"""
with gone as (
  delete from jobs where worker is not null and lease_until < statement_timestamp() and attempts >= max_attempts
  returning *)
insert into jobs_dead ({COLUMNS})
select {COLUMNS.replace("error", "concat_ws(' | ', error, 'worker vanished')")} from gone
returning id, task, key, args::text, error"""
REVIVE = """
with back as (delete from jobs_dead where id = %s returning *)
insert into jobs (lane, task, args, key, run_at, turn, max_attempts, error)
select lane, task, args, key, now(), now(), max_attempts, error from back"""
LETTERS = "select id, task, key, args::text, error, died from jobs_dead order by died desc, id desc limit %s"

TICK = """
insert into jobs_tick as t (name, tick) values (%(name)s, %(tick)s)
on conflict (name) do update set tick = excluded.tick where t.tick < excluded.tick
returning 1"""
