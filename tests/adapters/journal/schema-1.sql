BEGIN TRANSACTION;
CREATE TABLE events (
	sequence INTEGER NOT NULL, 
	recorded_at TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	look_id TEXT, 
	plan_id TEXT, 
	order_ref TEXT, 
	body TEXT NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (sequence)
);
INSERT INTO "events" VALUES(1,'2026-01-02T14:30:00.000002+00:00','look_started',NULL,NULL,NULL,'{"execute":true,"mode":"paper","settings":"abababababababababababababababababababababababababababababababab"}');
INSERT INTO "events" VALUES(2,'2026-01-02T14:30:00.000003+00:00','snapshot','L1',NULL,NULL,'{"price":"1.50","text":"Z\u00fcrich \u2028 \"x\"","weights":[0.1,1e+22,-0.0]}');
INSERT INTO "events" VALUES(3,'2026-01-02T14:30:00.000004+00:00','plan_opened','L1','P260102.1',NULL,'{"legs":[]}');
INSERT INTO "events" VALUES(4,'2026-01-02T14:30:00.000005+00:00','order_intent',NULL,'P260102.1','abc-1-0-1','{"shares":5}');
INSERT INTO "events" VALUES(5,'2026-01-02T14:30:00.000006+00:00','order_state',NULL,NULL,'abc-1-0-1','{"event":"sent"}');
INSERT INTO "events" VALUES(6,'2026-01-02T14:30:00.000007+00:00','look_ended','L1','P260102.1',NULL,'{"breaches":[],"outcome":"traded","statement":"done"}');
CREATE TABLE meta (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_meta PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('schema_version','1');
INSERT INTO "meta" VALUES('name','954725');
INSERT INTO "meta" VALUES('made_at','2026-01-02T14:30:00.000001+00:00');
CREATE INDEX ix_events_order_ref ON events (order_ref);
CREATE INDEX ix_events_look_id ON events (look_id);
CREATE INDEX ix_events_plan_id ON events (plan_id);
CREATE INDEX ix_events_kind ON events (kind);
CREATE UNIQUE INDEX uq_events_intent_order_ref ON events (order_ref) WHERE kind = 'order_intent';
CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only: no update'); END;
CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only: no delete'); END;
CREATE TRIGGER events_refuse_gap BEFORE INSERT ON events
    WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM events)
    BEGIN SELECT RAISE(ABORT, 'events are numbered without gaps'); END;
COMMIT;
