BEGIN TRANSACTION;
CREATE TABLE calls (
            key TEXT PRIMARY KEY, candidate TEXT REFERENCES candidates (id), generation INTEGER NOT NULL,
            agent TEXT NOT NULL, persona TEXT, model TEXT NOT NULL, offline INTEGER NOT NULL,
            sampling TEXT NOT NULL, messages TEXT NOT NULL, reply TEXT NOT NULL, finish TEXT NOT NULL,
            tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, cost_usd REAL NOT NULL, latency_s REAL NOT NULL,
            failure TEXT);
INSERT INTO "calls" VALUES('g01-00/architect/0','g01-00',1,'architect','frugal','offline',1,'{"temperature":0.3}','[{"role":"system","content":"You are frugal."},{"role":"user","content":"Make it smaller."}]','Here: ```python
width = 5
```','stop',100,20,0.5,0.25,NULL);
INSERT INTO "calls" VALUES('g01-01/architect/0','g01-01',1,'architect','bold','offline',1,'{"temperature":0.3}','[{"role":"system","content":"You are frugal."},{"role":"user","content":"Make it smaller."}]','Here: ```python
width = 5
```','stop',100,20,0.5,0.25,NULL);
INSERT INTO "calls" VALUES('g01-01/architect/1','g01-01',1,'architect','bold','offline',1,'{"temperature":0.3}','[{"role":"system","content":"You are frugal."},{"role":"user","content":"Make it smaller."}]','Here: ```python
width = 5
```','stop',100,20,0.5,0.25,NULL);
INSERT INTO "calls" VALUES('g01-01/architect/2','g01-01',1,'architect','bold','offline',1,'{"temperature":0.3}','[{"role":"system","content":"You are frugal."},{"role":"user","content":"Make it smaller."}]','Here: ```python
width = 5
```','stop',100,20,0.5,0.25,NULL);
INSERT INTO "calls" VALUES('reflect-g01/critic/0',NULL,1,'critic',NULL,'offline',1,'{"temperature":0.3}','[{"role":"system","content":"You are frugal."},{"role":"user","content":"Make it smaller."}]','Here: ```python
width = 5
```','stop',100,20,0.5,0.25,NULL);
INSERT INTO "calls" VALUES('g02-00/architect/0','g02-00',2,'architect','frugal','offline',1,'{"temperature":0.3}','[{"role":"system","content":"You are frugal."},{"role":"user","content":"Make it smaller."}]','Here: ```python
width = 5
```','stop',100,20,0.5,0.25,NULL);
INSERT INTO "calls" VALUES('g02-00/architect/1','g02-00',2,'architect','frugal','offline',1,'{"temperature":0.3}','[{"role":"system","content":"You are frugal."},{"role":"user","content":"Make it smaller."}]','Here: ```python
width = 5
```','stop',100,20,0.5,0.25,NULL);
INSERT INTO "calls" VALUES('g02-01/architect/0','g02-01',2,'architect','bold','offline',1,'{"temperature":0.3}','[{"role":"system","content":"You are frugal."},{"role":"user","content":"Make it smaller."}]','Here: ```python
width = 5
```','stop',100,20,0.5,0.25,NULL);
CREATE TABLE candidates (
            id TEXT PRIMARY KEY, generation INTEGER NOT NULL, "index" INTEGER NOT NULL,
            operator TEXT NOT NULL, parents TEXT NOT NULL, segment TEXT, intent TEXT, persona TEXT, model TEXT,
            temperature REAL, lessons TEXT NOT NULL,
            files TEXT NOT NULL, fingerprint TEXT, behaviour TEXT, rationale TEXT NOT NULL,
            status TEXT NOT NULL, failure TEXT, message TEXT NOT NULL, objectives TEXT, repairs INTEGER NOT NULL);
INSERT INTO "candidates" VALUES('seed',0,0,'seed','[]',NULL,NULL,NULL,NULL,NULL,'[]','{"program.py":"# EVOLVE-BLOCK-START head\nwidth = 25\n# EVOLVE-BLOCK-END\n"}','fp-seed','b-seed','','evaluated',NULL,'','{"val_error":20.0,"params":5210.0}',0);
INSERT INTO "candidates" VALUES('g01-00',1,0,'mutate','["seed"]','head','simplify','frugal','offline',0.3,'[]','{"program.py":"# EVOLVE-BLOCK-START head\nwidth = 100\n# EVOLVE-BLOCK-END\n"}','fp-g01-00','b-g01-00','a smaller head','evaluated',NULL,'','{"val_error":15.0,"params":5000.0}',0);
INSERT INTO "candidates" VALUES('g01-01',1,1,'mutate','["seed"]','head','simplify','bold','offline',0.3,'[]','{"program.py":"# EVOLVE-BLOCK-START head\nwidth = 101\n# EVOLVE-BLOCK-END\n"}','fp-g01-01','b-g01-01','a smaller head','failed','shape','expected 25, got 24',NULL,2);
INSERT INTO "candidates" VALUES('g02-00',2,0,'mutate','["g01-00"]','head','simplify','frugal','offline',0.3,'["L01-1"]','{"program.py":"# EVOLVE-BLOCK-START head\nwidth = 200\n# EVOLVE-BLOCK-END\n"}','fp-g02-00','b-g02-00','a smaller head','evaluated',NULL,'','{"val_error":12.0,"params":7000.0}',1);
INSERT INTO "candidates" VALUES('g02-01',2,1,'mutate','["g01-00"]','head','simplify','bold','offline',0.3,'[]','{"program.py":"# EVOLVE-BLOCK-START head\nwidth = 201\n# EVOLVE-BLOCK-END\n"}','fp-g02-01','b-g02-01','a smaller head','evaluated',NULL,'','{"val_error":30.0,"params":6000.0}',0);
CREATE TABLE evaluations (
            key TEXT PRIMARY KEY, candidate TEXT NOT NULL REFERENCES candidates (id), fidelity TEXT NOT NULL,
            train_seed INTEGER NOT NULL, status TEXT NOT NULL, failure TEXT, message TEXT NOT NULL, objectives TEXT,
            wall_s REAL NOT NULL, cpu_s REAL NOT NULL, peak_memory_mb REAL NOT NULL, curve TEXT NOT NULL);
INSERT INTO "evaluations" VALUES('key-seed-0','seed','quick',0,'done',NULL,'','{"val_error":20.0,"params":5210.0}',3.0,0.0,0.0,'[]');
INSERT INTO "evaluations" VALUES('key-g01-00-0','g01-00','quick',0,'done',NULL,'','{"val_error":15.0,"params":5000.0}',3.0,0.0,0.0,'[]');
INSERT INTO "evaluations" VALUES('key-g02-00-0','g02-00','quick',0,'done',NULL,'','{"val_error":12.0,"params":7000.0}',3.0,0.0,0.0,'[]');
INSERT INTO "evaluations" VALUES('key-g02-01-0','g02-01','quick',0,'done',NULL,'','{"val_error":30.0,"params":6000.0}',3.0,0.0,0.0,'[]');
CREATE TABLE events (number INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL);
INSERT INTO "events" VALUES(1,1700000000.0,'started','{"task":"mnist1d"}');
INSERT INTO "events" VALUES(2,1700000000.0,'finished','{}');
CREATE TABLE evidence (
            child TEXT NOT NULL REFERENCES candidates (id), parent TEXT NOT NULL REFERENCES candidates (id),
            generation INTEGER NOT NULL, operator TEXT NOT NULL, segment TEXT, intent TEXT, persona TEXT,
            diff TEXT NOT NULL, delta TEXT, failure TEXT, message TEXT NOT NULL, PRIMARY KEY (child, parent));
INSERT INTO "evidence" VALUES('g01-00','seed',1,'mutate','head','simplify','frugal','-width = 25
+width = 5','{"val_error":-5.0,"params":-210.0}',NULL,'');
INSERT INTO "evidence" VALUES('g01-01','seed',1,'mutate','head','simplify','bold','-width = 25
+width = 5',NULL,'shape','expected 25, got 24');
INSERT INTO "evidence" VALUES('g02-00','g01-00',2,'mutate','head','simplify','frugal','-width = 25
+width = 5','{"val_error":-3.0,"params":2000.0}',NULL,'');
INSERT INTO "evidence" VALUES('g02-01','g01-00',2,'mutate','head','simplify','bold','-width = 25
+width = 5','{"val_error":15.0,"params":1000.0}',NULL,'');
CREATE TABLE lessons (
            id TEXT PRIMARY KEY, generation INTEGER NOT NULL, claim TEXT NOT NULL, applies TEXT NOT NULL, segment TEXT,
            evidence TEXT NOT NULL, effect TEXT NOT NULL, run TEXT NOT NULL);
INSERT INTO "lessons" VALUES('L01-1',1,'a narrower head costs little','when the head is wide','head','["g01-00"]','{"params":"down"}','r1');
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO "meta" VALUES('created','"2023-11-14T22:13:20.000+00:00"');
INSERT INTO "meta" VALUES('run','"r1"');
INSERT INTO "meta" VALUES('task','"mnist1d"');
INSERT INTO "meta" VALUES('strategy','"guided-evolution"');
INSERT INTO "meta" VALUES('seed','0');
INSERT INTO "meta" VALUES('fidelity','"quick"');
INSERT INTO "meta" VALUES('version','"0.1.0"');
INSERT INTO "meta" VALUES('objectives','[{"name":"val_error","unit":"%","goal":"min","reference":100.0},{"name":"params","unit":"","goal":"min","reference":10000.0}]');
CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO "migrations" VALUES(1,'m001_tables');
CREATE TABLE openings (number INTEGER PRIMARY KEY, at REAL NOT NULL, candidates TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE selections (
            generation INTEGER PRIMARY KEY, population TEXT NOT NULL, elites TEXT NOT NULL, archive TEXT NOT NULL,
            data TEXT NOT NULL);
INSERT INTO "selections" VALUES(0,'["seed"]','["seed"]','["seed"]','{}');
INSERT INTO "selections" VALUES(1,'["seed","g01-00"]','["g01-00"]','["g01-00"]','{}');
INSERT INTO "selections" VALUES(2,'["g01-00","g02-00"]','["g01-00","g02-00"]','["g01-00","g02-00"]','{"hypervolume":1.5}');
CREATE INDEX candidates_order ON candidates (generation, "index");
CREATE INDEX candidates_fingerprint ON candidates (fingerprint);
CREATE INDEX candidates_behaviour ON candidates (behaviour);
CREATE INDEX evaluations_candidate ON evaluations (candidate);
CREATE INDEX calls_candidate ON calls (candidate);
CREATE INDEX evidence_parent ON evidence (parent);
COMMIT;
