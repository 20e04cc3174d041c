--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: shop; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA shop;


--
-- Name: colour; Type: DOMAIN; Schema: shop; Owner: -
--

CREATE DOMAIN shop.colour AS character varying
	CONSTRAINT known CHECK (((VALUE)::text = ANY ((ARRAY['red'::character varying, 'blue'::character varying])::text[])));


--
-- Name: stamp(); Type: FUNCTION; Schema: shop; Owner: -
--

CREATE FUNCTION shop.stamp() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN RETURN NEW; END$$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: accounts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.accounts (
    id bigint NOT NULL,
    email text NOT NULL,
    active boolean
);


--
-- Name: accounts_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.accounts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: accounts_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.accounts_id_seq OWNED BY public.accounts.id;


--
-- Name: alembic_plugin; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alembic_plugin (
    name text NOT NULL,
    package text,
    version text,
    namespace text NOT NULL,
    schema_created boolean NOT NULL,
    requires text[] NOT NULL,
    installed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    quarantine text,
    hooks text,
    installing boolean DEFAULT false NOT NULL,
    synced boolean DEFAULT false NOT NULL
);


--
-- Name: TABLE alembic_plugin; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.alembic_plugin IS 'alembic-plugins registry 5';


--
-- Name: alembic_plugin_event; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alembic_plugin_event (
    id bigint NOT NULL,
    plugin text NOT NULL,
    action text NOT NULL,
    from_revisions text[] NOT NULL,
    to_revisions text[] NOT NULL,
    outcome text NOT NULL,
    detail text,
    happened_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    happened_by text DEFAULT SESSION_USER NOT NULL,
    duration_ms bigint
);


--
-- Name: alembic_plugin_event_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.alembic_plugin_event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.alembic_plugin_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: alembic_plugin_journal; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alembic_plugin_journal (
    revision text NOT NULL,
    plugin text NOT NULL,
    direction text NOT NULL,
    statements text[] NOT NULL,
    pending text,
    invalid_before text[] NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    started_by text DEFAULT SESSION_USER NOT NULL
);


--
-- Name: alembic_plugin_object; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alembic_plugin_object (
    id bigint NOT NULL,
    plugin text NOT NULL,
    revision text,
    made boolean NOT NULL,
    classid oid NOT NULL,
    objid oid NOT NULL,
    objsubid integer NOT NULL,
    epoch text NOT NULL,
    kind text NOT NULL,
    identity text NOT NULL
);


--
-- Name: alembic_plugin_object_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.alembic_plugin_object ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.alembic_plugin_object_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: alembic_plugin_revision; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alembic_plugin_revision (
    revision text NOT NULL,
    plugin text NOT NULL,
    "position" bigint NOT NULL,
    down_revision text[] NOT NULL,
    depends_on text[] NOT NULL,
    branch_labels text[] NOT NULL,
    description text NOT NULL,
    downgrade_sql text[],
    downgrade_reason text,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    applied_by text DEFAULT SESSION_USER NOT NULL,
    duration_ms bigint,
    checksum text,
    source text,
    downgrade_checksum text,
    objects_known boolean DEFAULT false NOT NULL
);


--
-- Name: alembic_plugin_revision_position_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.alembic_plugin_revision ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.alembic_plugin_revision_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: alembic_plugin_snapshot; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alembic_plugin_snapshot (
    plugin text NOT NULL,
    revisions text[] NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    server_version integer NOT NULL,
    format integer NOT NULL,
    epoch text NOT NULL,
    definitions jsonb NOT NULL,
    notes jsonb NOT NULL,
    places jsonb NOT NULL
);


--
-- Name: alembic_plugin_value; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alembic_plugin_value (
    plugin text NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C",
    value jsonb NOT NULL
);


--
-- Name: alembic_version; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);


--
-- Name: days; Type: TABLE; Schema: shop; Owner: -
--

CREATE TABLE shop.days (
    day date NOT NULL,
    word character varying,
    CONSTRAINT days_word_check CHECK (((word)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))
)
PARTITION BY RANGE (day);


--
-- Name: days_1; Type: TABLE; Schema: shop; Owner: -
--

CREATE TABLE shop.days_1 (
    day date NOT NULL,
    word character varying,
    CONSTRAINT days_word_check CHECK (((word)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))
);


--
-- Name: items; Type: TABLE; Schema: shop; Owner: -
--

CREATE TABLE shop.items (
    id integer NOT NULL,
    kind character varying NOT NULL,
    code character varying DEFAULT upper('x'::text),
    twice integer GENERATED ALWAYS AS ((id * 2)) STORED,
    seen timestamp with time zone DEFAULT '2024-01-01 00:00:00+00'::timestamp with time zone,
    account integer,
    CONSTRAINT kinds CHECK (((kind)::text = ANY ((ARRAY['new'::character varying, 'old'::character varying])::text[])))
);


--
-- Name: items_id_seq; Type: SEQUENCE; Schema: shop; Owner: -
--

ALTER TABLE shop.items ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME shop.items_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: kinds; Type: MATERIALIZED VIEW; Schema: shop; Owner: -
--

CREATE MATERIALIZED VIEW shop.kinds AS
 SELECT i.kind,
    count(*) AS count
   FROM shop.items i
  GROUP BY i.kind
  WITH NO DATA;


--
-- Name: names; Type: VIEW; Schema: shop; Owner: -
--

CREATE VIEW shop.names AS
 SELECT i.id,
    i.kind
   FROM shop.items i
  WHERE ((i.kind)::text = ANY ((ARRAY['new'::character varying, 'old'::character varying])::text[]));


--
-- Name: days_1; Type: TABLE ATTACH; Schema: shop; Owner: -
--

ALTER TABLE ONLY shop.days ATTACH PARTITION shop.days_1 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');


--
-- Name: accounts id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.accounts ALTER COLUMN id SET DEFAULT nextval('public.accounts_id_seq'::regclass);


--
-- Data for Name: accounts; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.accounts (id, email, active) FROM stdin;
\.


--
-- Data for Name: alembic_plugin; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.alembic_plugin (name, package, version, namespace, schema_created, requires, installed_at, quarantine, hooks, installing, synced) FROM stdin;
shop	\N	\N	schema shop	t	{}	2026-11-27 02:50:54.680697+00	\N	\N	f	f
\.


--
-- Data for Name: alembic_plugin_event; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.alembic_plugin_event (id, plugin, action, from_revisions, to_revisions, outcome, detail, happened_at, happened_by, duration_ms) FROM stdin;
1	host	upgrade	{}	{host_2}	done	\N	2026-11-27 02:50:54.637594+00	postgres	57
2	shop	install	{}	{shop_1}	done	\N	2026-11-27 02:50:54.723808+00	postgres	49
\.


--
-- Data for Name: alembic_plugin_journal; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.alembic_plugin_journal (revision, plugin, direction, statements, pending, invalid_before, started_at, started_by) FROM stdin;
\.


--
-- Data for Name: alembic_plugin_object; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.alembic_plugin_object (id, plugin, revision, made, classid, objid, objsubid, epoch, kind, identity) FROM stdin;
1	host	host_1	t	1259	16867	0	7712668158234651932/16838	table	public.accounts
2	shop	shop_1	t	1259	16898	0	7712668158234651932/16838	materialized view	shop.kinds
3	shop	shop_1	t	1259	16910	0	7712668158234651932/16838	table	shop.days
4	shop	shop_1	t	1259	16877	0	7712668158234651932/16838	table	shop.items
5	shop	shop_1	t	1259	16894	0	7712668158234651932/16838	view	shop.names
6	shop	shop_1	t	1247	16905	0	7712668158234651932/16838	type	shop.colour
7	shop	shop_1	t	1255	16907	0	7712668158234651932/16838	function	shop.stamp()
\.


--
-- Data for Name: alembic_plugin_revision; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.alembic_plugin_revision (revision, plugin, "position", down_revision, depends_on, branch_labels, description, downgrade_sql, downgrade_reason, applied_at, applied_by, duration_ms, checksum, source, downgrade_checksum, objects_known) FROM stdin;
host_1	host	1	{}	{}	{}	create accounts\n\nRevision ID: host_1\nRevises:	{"DROP TABLE accounts"}	\N	2026-11-27 02:50:54.59964+00	postgres	18	bc026257b064e6fdb6b7e5507bc3de3d898bbef1dfe72ccc2576e4e883d92681	"""create accounts\n\nRevision ID: host_1\nRevises:\n\n"""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\nrevision = "host_1"\ndown_revision = None\nbranch_labels = None\ndepends_on = None\n\n\ndef upgrade() -> None:\n    """Upgrade schema."""\n    op.create_table(\n        "accounts",\n        sa.Column("id", sa.BigInteger(), primary_key=True),\n        sa.Column("email", sa.Text(), nullable=False),\n    )\n\n\ndef downgrade() -> None:\n    """Downgrade schema."""\n    op.drop_table("accounts")\n	aab597bed26a28b642a79bb3c30bcabb89ca46d6ea8c970349e29c97be1b4860	t
host_2	host	2	{host_1}	{}	{}	add accounts active\n\nRevision ID: host_2\nRevises: host_1	{"ALTER TABLE accounts DROP COLUMN active"}	\N	2026-11-27 02:50:54.601858+00	postgres	2	616057d8c2f91c2f1abb11241f284c134baf506414ecf39f31cf5dafb0f04d74	"""add accounts active\n\nRevision ID: host_2\nRevises: host_1\n\n"""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\nrevision = "host_2"\ndown_revision = "host_1"\nbranch_labels = None\ndepends_on = None\n\n\ndef upgrade() -> None:\n    """Upgrade schema."""\n    op.add_column("accounts", sa.Column("active", sa.Boolean(), nullable=True))\n\n\ndef downgrade() -> None:\n    """Downgrade schema."""\n    op.drop_column("accounts", "active")\n	c7bcca75fb126c0f17cfa7f6c605e1cd779fa60aa2658bb3ea5c3aa77611a418	t
shop_1	shop	3	{}	{}	{}		{}	\N	2026-11-27 02:50:54.692698+00	postgres	17	46d9c3b418d6a654b4873b083f822797c78cd4bf41804589b6b00461d08de704	from alembic import op\n\nrevision = "shop_1"\ndown_revision = None\n\n\ndef upgrade():\n    op.get_bind().exec_driver_sql("\\n    CREATE TABLE items (\\n        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\\n        kind varchar NOT NULL CONSTRAINT kinds CHECK (kind IN ('new', 'old')),\\n        code varchar DEFAULT upper('x'), twice int GENERATED ALWAYS AS (id * 2) STORED,\\n        seen timestamptz DEFAULT '2024-01-01', account int REFERENCES accounts);\\n    CREATE INDEX items_new ON items (lower(kind)) WHERE kind IN ('new', 'newer');\\n    CREATE VIEW names AS SELECT i.id, i.kind FROM items i WHERE i.kind IN ('new', 'old');\\n    CREATE MATERIALIZED VIEW kinds AS SELECT i.kind, count(*) FROM items i GROUP BY i.kind;\\n    CREATE DOMAIN colour AS varchar CONSTRAINT known CHECK (VALUE IN ('red', 'blue'));\\n    CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';\\n    CREATE TRIGGER t BEFORE UPDATE ON items FOR EACH ROW\\n        WHEN (OLD.kind IN ('new', 'old')) EXECUTE FUNCTION stamp();\\n    CREATE POLICY p ON items USING (kind IN ('new', 'old'));\\n    CREATE TABLE days (day date PRIMARY KEY, word varchar CHECK (word IN ('a', 'b')))\\n        PARTITION BY RANGE (day);\\n    CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')\\n")\n\n\ndef downgrade():\n    pass\n	e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855	t
\.


--
-- Data for Name: alembic_plugin_snapshot; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.alembic_plugin_snapshot (plugin, revisions, recorded_at, server_version, format, epoch, definitions, notes, places) FROM stdin;
host	{host_2}	2026-11-27 02:50:54.672174+00	15	1	7712668158234651932/16838	{"table: public.accounts": {"kind": "TABLE"}, "column: public.accounts.id": {"type": "bigint", "default": "DEFAULT nextval('public.accounts_id_seq'::regclass)", "nullability": "NOT NULL"}, "column: public.accounts.email": {"type": "text", "nullability": "NOT NULL"}, "column: public.accounts.active": {"type": "boolean"}, "constraint: accounts_pkey on public.accounts": {"definition": "PRIMARY KEY (id)"}, "sequence: public.accounts_id_seq on public.accounts": {"type": "bigint", "cache": "CACHE 1", "start": "START 1", "maximum": "MAXVALUE 9223372036854775807", "minimum": "MINVALUE 1", "increment": "INCREMENT 1"}}	{"table: public.accounts": {"owner": "postgres"}, "sequence: public.accounts_id_seq on public.accounts": {"owner": "postgres"}}	{"table: public.accounts": ["1259", "16867", 0], "column: public.accounts.id": ["1259", "16867", 1], "column: public.accounts.email": ["1259", "16867", 2], "column: public.accounts.active": ["1259", "16867", 3], "constraint: accounts_pkey on public.accounts": ["2606", "16874", 0], "sequence: public.accounts_id_seq on public.accounts": ["1259", "16866", 0]}
shop	{shop_1}	2026-11-27 02:50:54.742194+00	15	1	7712668158234651932/16838	{"schema: shop": {}, "table: shop.days": {"kind": "TABLE", "partition key": "PARTITION BY RANGE (day)"}, "view: shop.names": {"definition": "SELECT i.id,\\n    i.kind\\n   FROM shop.items i\\n  WHERE ((i.kind)::text = ANY ((ARRAY['new'::character varying, 'old'::character varying])::text[]));"}, "table: shop.items": {"kind": "TABLE"}, "type: shop.colour": {"type": "character varying", "constraints": "CONSTRAINT known CHECK (((VALUE)::text = ANY ((ARRAY['red'::character varying, 'blue'::character varying])::text[])))"}, "column: shop.days.day": {"type": "date", "nullability": "NOT NULL"}, "column: shop.items.id": {"type": "integer", "identity": "GENERATED ALWAYS AS IDENTITY", "nullability": "NOT NULL"}, "column: shop.days.word": {"type": "character varying"}, "function: shop.stamp()": {"definition": "CREATE OR REPLACE FUNCTION shop.stamp()\\n RETURNS trigger\\n LANGUAGE plpgsql\\nAS $function$BEGIN RETURN NEW; END$function$\\n"}, "column: shop.items.code": {"type": "character varying", "default": "DEFAULT upper('x'::text)"}, "column: shop.items.kind": {"type": "character varying", "nullability": "NOT NULL"}, "column: shop.items.seen": {"type": "timestamp with time zone", "default": "DEFAULT '2024-01-01 00:00:00+00'::timestamp with time zone"}, "policy: p on shop.items": {"kind": "PERMISSIVE", "roles": "TO public", "using": "USING (((kind)::text = ANY ((ARRAY['new'::character varying, 'old'::character varying])::text[])))"}, "column: shop.items.twice": {"type": "integer", "expression": "GENERATED ALWAYS AS ((id * 2)) STORED"}, "trigger: t on shop.items": {"definition": "CREATE TRIGGER t BEFORE UPDATE ON shop.items FOR EACH ROW WHEN (((old.kind)::text = ANY ((ARRAY['new'::character varying, 'old'::character varying])::text[]))) EXECUTE FUNCTION shop.stamp()"}, "column: shop.items.account": {"type": "integer"}, "materialized view: shop.kinds": {"definition": "SELECT i.kind,\\n    count(*) AS count\\n   FROM shop.items i\\n  GROUP BY i.kind;"}, "constraint: kinds on shop.items": {"definition": "CHECK (((kind)::text = ANY ((ARRAY['new'::character varying, 'old'::character varying])::text[])))"}, "constraint: days_pkey on shop.days": {"definition": "PRIMARY KEY (day)"}, "index: shop.items_new on shop.items": {"definition": "CREATE INDEX items_new ON shop.items USING btree (lower((kind)::text)) WHERE ((kind)::text = ANY ((ARRAY['new'::character varying, 'newer'::character varying])::text[]))"}, "constraint: items_pkey on shop.items": {"definition": "PRIMARY KEY (id)"}, "constraint: days_word_check on shop.days": {"definition": "CHECK (((word)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))"}, "sequence: shop.items_id_seq on shop.items": {"type": "integer", "cache": "CACHE 1", "start": "START 1", "maximum": "MAXVALUE 2147483647", "minimum": "MINVALUE 1", "increment": "INCREMENT 1"}, "constraint: items_account_fkey on shop.items": {"definition": "FOREIGN KEY (account) REFERENCES public.accounts(id)"}}	{"schema: shop": {"owner": "postgres"}, "table: shop.days": {"owner": "postgres"}, "view: shop.names": {"owner": "postgres"}, "table: shop.items": {"owner": "postgres"}, "type: shop.colour": {"owner": "postgres"}, "function: shop.stamp()": {"owner": "postgres"}, "materialized view: shop.kinds": {"owner": "postgres"}, "sequence: shop.items_id_seq on shop.items": {"owner": "postgres"}}	{"schema: shop": ["2615", "16875", 0], "table: shop.days": ["1259", "16910", 0], "view: shop.names": ["1259", "16894", 0], "table: shop.items": ["1259", "16877", 0], "type: shop.colour": ["1247", "16905", 0], "column: shop.days.day": ["1259", "16910", 1], "column: shop.items.id": ["1259", "16877", 1], "column: shop.days.word": ["1259", "16910", 2], "function: shop.stamp()": ["1255", "16907", 0], "column: shop.items.code": ["1259", "16877", 3], "column: shop.items.kind": ["1259", "16877", 2], "column: shop.items.seen": ["1259", "16877", 5], "policy: p on shop.items": ["3256", "16909", 0], "column: shop.items.twice": ["1259", "16877", 4], "trigger: t on shop.items": ["2620", "16908", 0], "column: shop.items.account": ["1259", "16877", 6], "materialized view: shop.kinds": ["1259", "16898", 0], "constraint: kinds on shop.items": ["2606", "16883", 0], "constraint: days_pkey on shop.days": ["2606", "16915", 0], "index: shop.items_new on shop.items": ["1259", "16893", 0], "constraint: items_pkey on shop.items": ["2606", "16887", 0], "constraint: days_word_check on shop.days": ["2606", "16913", 0], "sequence: shop.items_id_seq on shop.items": ["1259", "16876", 0], "constraint: items_account_fkey on shop.items": ["2606", "16888", 0]}
\.


--
-- Data for Name: alembic_plugin_value; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.alembic_plugin_value (plugin, key, value) FROM stdin;
\.


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.alembic_version (version_num) FROM stdin;
host_2
shop_1
\.


--
-- Data for Name: days_1; Type: TABLE DATA; Schema: shop; Owner: -
--

COPY shop.days_1 (day, word) FROM stdin;
\.


--
-- Data for Name: items; Type: TABLE DATA; Schema: shop; Owner: -
--

COPY shop.items (id, kind, code, seen, account) FROM stdin;
\.


--
-- Name: accounts_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.accounts_id_seq', 1, false);


--
-- Name: alembic_plugin_event_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.alembic_plugin_event_id_seq', 2, true);


--
-- Name: alembic_plugin_object_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.alembic_plugin_object_id_seq', 7, true);


--
-- Name: alembic_plugin_revision_position_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.alembic_plugin_revision_position_seq', 3, true);


--
-- Name: items_id_seq; Type: SEQUENCE SET; Schema: shop; Owner: -
--

SELECT pg_catalog.setval('shop.items_id_seq', 1, false);


--
-- Name: accounts accounts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);


--
-- Name: alembic_plugin_event alembic_plugin_event_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_plugin_event
    ADD CONSTRAINT alembic_plugin_event_pkey PRIMARY KEY (id);


--
-- Name: alembic_plugin_journal alembic_plugin_journal_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_plugin_journal
    ADD CONSTRAINT alembic_plugin_journal_pkey PRIMARY KEY (revision);


--
-- Name: alembic_plugin_object alembic_plugin_object_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_plugin_object
    ADD CONSTRAINT alembic_plugin_object_pkey PRIMARY KEY (id);


--
-- Name: alembic_plugin alembic_plugin_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_plugin
    ADD CONSTRAINT alembic_plugin_pkey PRIMARY KEY (name);


--
-- Name: alembic_plugin_revision alembic_plugin_revision_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_plugin_revision
    ADD CONSTRAINT alembic_plugin_revision_pkey PRIMARY KEY (revision);


--
-- Name: alembic_plugin_revision alembic_plugin_revision_position_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_plugin_revision
    ADD CONSTRAINT alembic_plugin_revision_position_key UNIQUE ("position");


--
-- Name: alembic_plugin_snapshot alembic_plugin_snapshot_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_plugin_snapshot
    ADD CONSTRAINT alembic_plugin_snapshot_pkey PRIMARY KEY (plugin);


--
-- Name: alembic_plugin_value alembic_plugin_value_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_plugin_value
    ADD CONSTRAINT alembic_plugin_value_pkey PRIMARY KEY (plugin, key);


--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: days days_pkey; Type: CONSTRAINT; Schema: shop; Owner: -
--

ALTER TABLE ONLY shop.days
    ADD CONSTRAINT days_pkey PRIMARY KEY (day);


--
-- Name: days_1 days_1_pkey; Type: CONSTRAINT; Schema: shop; Owner: -
--

ALTER TABLE ONLY shop.days_1
    ADD CONSTRAINT days_1_pkey PRIMARY KEY (day);


--
-- Name: items items_pkey; Type: CONSTRAINT; Schema: shop; Owner: -
--

ALTER TABLE ONLY shop.items
    ADD CONSTRAINT items_pkey PRIMARY KEY (id);


--
-- Name: alembic_plugin_object_objid; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX alembic_plugin_object_objid ON public.alembic_plugin_object USING btree (objid);


--
-- Name: ix_alembic_plugin_revision_plugin; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_alembic_plugin_revision_plugin ON public.alembic_plugin_revision USING btree (plugin);


--
-- Name: items_new; Type: INDEX; Schema: shop; Owner: -
--

CREATE INDEX items_new ON shop.items USING btree (lower((kind)::text)) WHERE ((kind)::text = ANY ((ARRAY['new'::character varying, 'newer'::character varying])::text[]));


--
-- Name: days_1_pkey; Type: INDEX ATTACH; Schema: shop; Owner: -
--

ALTER INDEX shop.days_pkey ATTACH PARTITION shop.days_1_pkey;


--
-- Name: items t; Type: TRIGGER; Schema: shop; Owner: -
--

CREATE TRIGGER t BEFORE UPDATE ON shop.items FOR EACH ROW WHEN (((old.kind)::text = ANY ((ARRAY['new'::character varying, 'old'::character varying])::text[]))) EXECUTE FUNCTION shop.stamp();


--
-- Name: alembic_plugin_value alembic_plugin_value_plugin_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_plugin_value
    ADD CONSTRAINT alembic_plugin_value_plugin_fkey FOREIGN KEY (plugin) REFERENCES public.alembic_plugin(name) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: items items_account_fkey; Type: FK CONSTRAINT; Schema: shop; Owner: -
--

ALTER TABLE ONLY shop.items
    ADD CONSTRAINT items_account_fkey FOREIGN KEY (account) REFERENCES public.accounts(id);


--
-- Name: items p; Type: POLICY; Schema: shop; Owner: -
--

CREATE POLICY p ON shop.items USING (((kind)::text = ANY ((ARRAY['new'::character varying, 'old'::character varying])::text[])));


--
-- Name: kinds; Type: MATERIALIZED VIEW DATA; Schema: shop; Owner: -
--

REFRESH MATERIALIZED VIEW shop.kinds;


--
-- PostgreSQL database dump complete
--


