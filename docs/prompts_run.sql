BEGIN TRANSACTION;
CREATE TABLE asks (number INTEGER PRIMARY KEY, children TEXT NOT NULL, state TEXT NOT NULL, thought INTEGER NOT NULL DEFAULT 0, late INTEGER NOT NULL DEFAULT 0, closing INTEGER NOT NULL DEFAULT 0);
INSERT INTO "asks" VALUES(1,'["g01-00","g01-01","g01-02","g01-03","g01-04","g01-05","g01-06","g01-07","g01-08","g01-09"]','{"offspring":{"seed":10}}',0,0,0);
INSERT INTO "asks" VALUES(2,'["g02-00","g02-01","g02-02","g02-03","g02-04","g02-05","g02-06","g02-07","g02-08","g02-09"]','{"offspring":{"g01-06":3,"g01-01":1,"g01-00":2,"g01-09":1,"g01-04":2,"g01-05":1,"g01-07":1,"g01-03":1,"g01-02":1}}',1,0,0);
CREATE TABLE attempts (
            child TEXT NOT NULL REFERENCES candidates (id), attempt INTEGER NOT NULL, failure TEXT, message TEXT NOT NULL, begun_at REAL NOT NULL DEFAULT 0, ended_at REAL NOT NULL DEFAULT 0, evaluation TEXT,
            PRIMARY KEY (child, attempt));
CREATE TABLE audits (
            key TEXT PRIMARY KEY, candidate TEXT NOT NULL REFERENCES candidates (id), fault TEXT NOT NULL,
            measured TEXT NOT NULL, note TEXT NOT NULL, unproven TEXT NOT NULL DEFAULT '', begun_at REAL NOT NULL DEFAULT 0, ended_at REAL NOT NULL DEFAULT 0);
CREATE TABLE calls (
            key TEXT PRIMARY KEY, candidate TEXT REFERENCES candidates (id), generation INTEGER NOT NULL,
            agent TEXT NOT NULL, persona TEXT, model TEXT NOT NULL, offline INTEGER NOT NULL,
            sampling TEXT NOT NULL, messages TEXT NOT NULL, reply TEXT NOT NULL, finish TEXT NOT NULL,
            tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, cost_usd REAL NOT NULL, latency_s REAL NOT NULL,
            failure TEXT, refusal TEXT NOT NULL DEFAULT '', asked_at REAL NOT NULL DEFAULT 0, begun_at REAL NOT NULL DEFAULT 0, stand_in TEXT NOT NULL DEFAULT '');
CREATE TABLE candidates (
            id TEXT PRIMARY KEY, generation INTEGER NOT NULL, "index" INTEGER NOT NULL,
            operator TEXT NOT NULL, parents TEXT NOT NULL, segment TEXT, intent TEXT, persona TEXT, model TEXT,
            temperature REAL, lessons TEXT NOT NULL,
            files TEXT NOT NULL, fingerprint TEXT, behaviour TEXT, rationale TEXT NOT NULL,
            status TEXT NOT NULL, failure TEXT, message TEXT NOT NULL, objectives TEXT, repairs INTEGER NOT NULL, size INTEGER, pair TEXT NOT NULL DEFAULT '[]', prompt TEXT, committed INTEGER, segments TEXT NOT NULL DEFAULT '[]', audited INTEGER, scope TEXT, context TEXT NOT NULL DEFAULT '[]', asked_by TEXT, idea INTEGER NOT NULL DEFAULT 0, anatomy TEXT NOT NULL DEFAULT '[]');
INSERT INTO "candidates" VALUES('seed',0,0,'seed','[]',NULL,NULL,NULL,NULL,NULL,'[]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, channels, length).\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)\n        self.act = nn.ReLU()\n\n    def forward(self, x):\n        return self.act(self.conv(x))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, length) to deep features (N, channels'', length'').\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        width = 25\n        self.layers = nn.Sequential(\n            nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1),\n            nn.ReLU(),\n            nn.Conv1d(width, width, kernel_size=3, stride=2, padding=1),\n            nn.ReLU(),\n        )\n\n    def forward(self, x):\n        return self.layers(x)\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes).\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.flatten = nn.Flatten()\n        self.linear = nn.Linear(channels * length, classes)\n\n    def forward(self, x):\n        return self.linear(self.flatten(x))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)\n    tail = 0.3 * steps  # the rate falls to zero over the last steps\n    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))\n    return optimizer, scheduler\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','1d99d5ac6e0853b1','777cf677daa6c0f2','','evaluated',NULL,'','{"val_error":14.6,"params":5210.0}',0,5210,'[]',NULL,0,'[]',1,NULL,'[]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":70,"params":5210,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":150,"own":150,"times":1,"in":[1,40],"out":[25,19]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":150,"own":0,"times":1,"in":[1,40],"out":[25,19]},{"name":"stem.act","kind":"ReLU","file":null,"line":null,"params":0,"own":0,"times":1,"in":[25,19],"out":[25,19]},{"name":"body","kind":"Body","file":"program.py","line":28,"params":3800,"own":3800,"times":1,"in":[25,19],"out":[25,5]},{"name":"body.layers","kind":"Sequential","file":null,"line":null,"params":3800,"own":0,"times":1,"in":[25,19],"out":[25,5]},{"name":"head","kind":"Head","file":"program.py","line":47,"params":1260,"own":1260,"times":1,"in":[25,5],"out":[10]},{"name":"head.flatten","kind":"Flatten","file":null,"line":null,"params":0,"own":0,"times":1,"in":[25,5],"out":[125]},{"name":"head.linear","kind":"Linear","file":null,"line":null,"params":1260,"own":0,"times":1,"in":[125],"out":[10]}]');
INSERT INTO "candidates" VALUES('g01-00',1,0,'mutate','["seed"]',NULL,'tune_boldly','contrarian','capable',0.279,'[]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, channels, length).\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.conv = nn.Conv1d(1, 24, kernel_size=11, stride=1, padding=5)\n        self.act = nn.ReLU()\n\n    def forward(self, x):\n        return self.act(self.conv(x))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, length) to deep features (N, channels'', length'').\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        width = 18\n        self.layers = nn.Sequential(\n            nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1),\n            nn.ReLU(),\n            nn.Conv1d(width, width, kernel_size=5, stride=4, padding=2),\n            nn.ReLU(),\n        )\n\n    def forward(self, x):\n        return self.layers(x)\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes).\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.flatten = nn.Flatten()\n        self.linear = nn.Linear(channels * length, classes)\n\n    def forward(self, x):\n        return self.linear(self.flatten(x))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)\n    tail = 0.8 * steps  # the rate falls to zero over most of the run\n    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))\n    return optimizer, scheduler\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','95b57cfa93d8a08d','5635461b80492ed7','I attack two beliefs: that the first kernel must be small, and that resolution must be given up early and evenly (strides 2, 2, 2). The stem gets an 11-tap kernel at stride 1 with 24 channels, (1, 40) -> (24, 40), as long as a whole digit so that it can be a matched filter; all subsampling comes late, with body width 18, first stride 2 -> (18, 20) and then a 5-tap kernel with the unusual stride of 4 -> (18, 5). The rate falls linearly over the last 80 % of the steps instead of 30 %, since the validation error went up from 15.4 to 16.8 while the rate was held; 288 + 2952 + 910 = 4150 parameters, and if the belief in small early-strided kernels were right, the error at step 300 would be above 23.','evaluated',NULL,'','{"val_error":12.0,"params":4150.0}',0,4150,'[]','intent/tune_boldly@1',1,'[]',NULL,'refine','[]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":70,"params":4150,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":288,"own":288,"times":1,"in":[1,40],"out":[24,40]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":288,"own":0,"times":1,"in":[1,40],"out":[24,40]},{"name":"stem.act","kind":"ReLU","file":null,"line":null,"params":0,"own":0,"times":1,"in":[24,40],"out":[24,40]},{"name":"body","kind":"Body","file":"program.py","line":28,"params":2952,"own":2952,"times":1,"in":[24,40],"out":[18,5]},{"name":"body.layers","kind":"Sequential","file":null,"line":null,"params":2952,"own":0,"times":1,"in":[24,40],"out":[18,5]},{"name":"head","kind":"Head","file":"program.py","line":47,"params":910,"own":910,"times":1,"in":[18,5],"out":[10]},{"name":"head.flatten","kind":"Flatten","file":null,"line":null,"params":0,"own":0,"times":1,"in":[18,5],"out":[90]},{"name":"head.linear","kind":"Linear","file":null,"line":null,"params":910,"own":0,"times":1,"in":[90],"out":[10]}]');
INSERT INTO "candidates" VALUES('g01-01',1,1,'mutate','["seed"]',NULL,'tune_boldly','reviewer','capable',0.088,'[]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, channels, length).\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.conv = nn.Conv1d(1, 20, kernel_size=5, stride=1, padding=2)\n        self.act = nn.ReLU()\n\n    def forward(self, x):\n        return self.act(self.conv(x))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, length) to deep features (N, channels'', length'').\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        width = 20\n        self.layers = nn.Sequential(\n            nn.Conv1d(channels, width, kernel_size=5, stride=2, padding=2),\n            nn.ReLU(),\n            nn.Conv1d(width, width, kernel_size=5, stride=2, padding=2),\n            nn.ReLU(),\n        )\n\n    def forward(self, x):\n        return self.layers(x)\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes).\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.linear = nn.Linear(2 * channels, classes)\n\n    def forward(self, x):\n        return self.linear(torch.cat([x.amax(dim=-1), x.mean(dim=-1)], dim=1))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)\n    tail = 0.3 * steps  # the rate falls to zero over the last steps\n    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))\n    return optimizer, scheduler\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','67c0634c14137d6d','192a2740903fe2af','I turn three settings far from their usual place: the stem''s stride from 2 to 1 (padding 2, 20 channels, so (20, 40) instead of (25, 19)), the body''s kernels from 3 to 5 at width 20 ((20, 20), then (20, 10)), and the head''s pooling window to the whole length, maximum and mean joined to (N, 40) before `Linear(40, 10)`. The seed subsamples the raw signal by 2 before anything has been learnt about it and then ties each class to one of five positions, though the digit may be anywhere; here the receptive field stays at 17 points, the phase of the digit is seen at full resolution, and one set of class weights serves all shifts. Parameters: 120 + 4,040 + 410 = 4,570.','evaluated',NULL,'','{"val_error":4.2,"params":4570.0}',0,4570,'[]','intent/tune_boldly@1',1,'[]',NULL,'refine','[]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":69,"params":4570,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":120,"own":120,"times":1,"in":[1,40],"out":[20,40]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":120,"own":0,"times":1,"in":[1,40],"out":[20,40]},{"name":"stem.act","kind":"ReLU","file":null,"line":null,"params":0,"own":0,"times":1,"in":[20,40],"out":[20,40]},{"name":"body","kind":"Body","file":"program.py","line":28,"params":4040,"own":4040,"times":1,"in":[20,40],"out":[20,10]},{"name":"body.layers","kind":"Sequential","file":null,"line":null,"params":4040,"own":0,"times":1,"in":[20,40],"out":[20,10]},{"name":"head","kind":"Head","file":"program.py","line":47,"params":410,"own":410,"times":1,"in":[20,10],"out":[10]},{"name":"head.linear","kind":"Linear","file":null,"line":null,"params":410,"own":0,"times":1,"in":[40],"out":[10]}]');
INSERT INTO "candidates" VALUES('g01-02',1,2,'mutate','["seed"]',NULL,'free','reviewer','capable',0.223,'[]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, channels, length).\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.conv = nn.Conv1d(1, 16, kernel_size=5, padding=2, padding_mode=\"circular\", bias=False)\n        self.norm = nn.BatchNorm1d(16)\n        self.act = nn.ReLU()\n\n    def forward(self, x):\n        return self.act(self.norm(self.conv(x)))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\ndef _block(before, after):\n    \"\"\"Circular convolution, norm and rectifier; the length stays.\"\"\"\n    return nn.Sequential(\n        nn.Conv1d(before, after, kernel_size=3, padding=1, padding_mode=\"circular\", bias=False),\n        nn.BatchNorm1d(after),\n        nn.ReLU(),\n    )\n\n\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, length) to deep features (N, channels'', length'').\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        width = 16\n        self.layers = nn.Sequential(\n            _block(channels, width),\n            nn.MaxPool1d(2),\n            _block(width, width),\n            _block(width, width),\n        )\n\n    def forward(self, x):\n        return self.layers(x)\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes).\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.linear = nn.Linear(2 * channels, classes)\n\n    def forward(self, x):\n        return self.linear(torch.cat([x.mean(dim=2), x.amax(dim=2)], dim=1))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)\n    tail = 0.3 * steps  # the rate falls to zero over the last steps\n    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))\n    return optimizer, scheduler\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','a951c4bebcc38954','d4d5642e1472369c','Three defects act together in the seed: nothing normalises the features although the rate is 0.01, the stem drops every second point before any smoothing, and the head spends 1,260 weights on learning each class anew at each of 5 positions although the class does not depend on position. I make stem and body width 16 with circular convolutions without bias, each followed by BatchNorm and ReLU: stem (1, 40) -> (16, 40), body one block at 40 points, `MaxPool1d(2)`, two blocks at 20 points -> (16, 20), with a receptive field of 16 points, which covers a digit; the head joins mean and maximum over positions, (16, 20) -> 32 -> 10. That is 112 + 2,400 + 330 = 2,842 parameters instead of 5,210, and the optimiser stays as it is.','evaluated',NULL,'','{"val_error":1.4,"params":2842.0}',0,2842,'[]','intent/free@1',1,'[]',2,'rewrite','[]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":79,"params":2842,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":112,"own":112,"times":1,"in":[1,40],"out":[16,40]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":80,"own":0,"times":1,"in":[1,40],"out":[16,40]},{"name":"stem.norm","kind":"BatchNorm1d","file":null,"line":null,"params":32,"own":0,"times":1,"in":[16,40],"out":[16,40]},{"name":"stem.act","kind":"ReLU","file":null,"line":null,"params":0,"own":0,"times":1,"in":[16,40],"out":[16,40]},{"name":"body","kind":"Body","file":"program.py","line":38,"params":2400,"own":2400,"times":1,"in":[16,40],"out":[16,20]},{"name":"body.layers","kind":"Sequential","file":null,"line":null,"params":2400,"own":0,"times":1,"in":[16,40],"out":[16,20]},{"name":"head","kind":"Head","file":"program.py","line":57,"params":330,"own":330,"times":1,"in":[16,20],"out":[10]},{"name":"head.linear","kind":"Linear","file":null,"line":null,"params":330,"own":0,"times":1,"in":[32],"out":[10]}]');
INSERT INTO "candidates" VALUES('g01-03',1,3,'mutate','["seed"]',NULL,'free','optimiser','capable',0.526,'[]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, channels, length).\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.conv = nn.Conv1d(1, 20, kernel_size=5, padding=2, bias=False)\n        self.norm = nn.BatchNorm1d(20)\n        self.act = nn.ReLU()\n\n    def forward(self, x):\n        return self.act(self.norm(self.conv(x)))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\nclass Block(nn.Module):\n    \"\"\"Convolution, norm and ReLU, with a residual path where the shape stays.\"\"\"\n\n    def __init__(self, inputs, outputs, stride):\n        super().__init__()\n        self.residual = stride == 1 and inputs == outputs\n        self.conv = nn.Conv1d(inputs, outputs, kernel_size=3, stride=stride, padding=1, bias=False)\n        self.norm = nn.BatchNorm1d(outputs)\n\n    def forward(self, x):\n        y = torch.relu(self.norm(self.conv(x)))\n        return x + y if self.residual else y\n\n\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, length) to deep features (N, channels'', length'').\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        width = 20\n        self.layers = nn.Sequential(\n            Block(channels, width, stride=2),\n            Block(width, width, stride=1),\n            Block(width, width, stride=2),\n        )\n\n    def forward(self, x):\n        return self.layers(x)\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes).\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.linear = nn.Linear(2 * channels, classes)\n\n    def forward(self, x):\n        return self.linear(torch.cat((x.mean(dim=2), x.amax(dim=2)), dim=1))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    weights = [p for p in model.parameters() if p.dim() > 1]\n    others = [p for p in model.parameters() if p.dim() <= 1]\n    groups = [dict(params=weights, weight_decay=0.1), dict(params=others, weight_decay=0.0)]\n    optimizer = torch.optim.AdamW(groups, lr=0.015, foreach=True)\n    warm = max(1.0, 0.05 * steps)  # a short rise, then a straight line to zero\n    scheduler = torch.optim.lr_scheduler.LambdaLR(\n        optimizer, lambda step: min((step + 1) / warm, max(0.0, (steps - step) / (steps - warm + 1e-9)))\n    )\n    return optimizer, scheduler\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','ea8a02cc0ebfaab6','4877092230aeb67e','The loss is limited by conditioning and by resolution, not by the number of weights: I let the stem run at full length with 20 channels and batch norm, (1, 40) -> (20, 40), give the body three normalised convolutions of which the middle one is residual, (20, 40) -> (20, 20) -> (20, 20) -> (20, 10), and let the head read the mean and the maximum over the 10 places, (N, 40) -> (N, 10), so that shifts need not be learnt. With the norms the gradient arrives evenly, so the 1000 steps start with a 50-step warm-up to 0.015 and then fall linearly to zero, where the parent''s validation still jumped between steps 600 and 1000 at a constant rate; norms and biases are spared the decay. In all 4270 parameters (140 + 3720 + 410) against 5210.','evaluated',NULL,'','{"val_error":1.8,"params":4270.0}',0,4270,'[]','intent/free@1',1,'[]',NULL,'refine','[]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":88,"params":4270,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":140,"own":140,"times":1,"in":[1,40],"out":[20,40]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":100,"own":0,"times":1,"in":[1,40],"out":[20,40]},{"name":"stem.norm","kind":"BatchNorm1d","file":null,"line":null,"params":40,"own":0,"times":1,"in":[20,40],"out":[20,40]},{"name":"stem.act","kind":"ReLU","file":null,"line":null,"params":0,"own":0,"times":1,"in":[20,40],"out":[20,40]},{"name":"body","kind":"Body","file":"program.py","line":43,"params":3720,"own":0,"times":1,"in":[20,40],"out":[20,10]},{"name":"body.layers","kind":"Sequential","file":null,"line":null,"params":3720,"own":0,"times":1,"in":[20,40],"out":[20,10]},{"name":"body.layers.0","kind":"Block","file":"program.py","line":29,"params":1240,"own":1240,"times":1,"in":[20,40],"out":[20,20]},{"name":"body.layers.0.conv","kind":"Conv1d","file":null,"line":null,"params":1200,"own":0,"times":1,"in":[20,40],"out":[20,20]},{"name":"body.layers.0.norm","kind":"BatchNorm1d","file":null,"line":null,"params":40,"own":0,"times":1,"in":[20,20],"out":[20,20]},{"name":"body.layers.1","kind":"Block","file":"program.py","line":29,"params":1240,"own":1240,"times":1,"in":[20,20],"out":[20,20]},{"name":"body.layers.1.conv","kind":"Conv1d","file":null,"line":null,"params":1200,"own":0,"times":1,"in":[20,20],"out":[20,20]},{"name":"body.layers.1.norm","kind":"BatchNorm1d","file":null,"line":null,"params":40,"own":0,"times":1,"in":[20,20],"out":[20,20]},{"name":"body.layers.2","kind":"Block","file":"program.py","line":29,"params":1240,"own":1240,"times":1,"in":[20,20],"out":[20,10]},{"name":"body.layers.2.conv","kind":"Conv1d","file":null,"line":null,"params":1200,"own":0,"times":1,"in":[20,20],"out":[20,10]},{"name":"body.layers.2.norm","kind":"BatchNorm1d","file":null,"line":null,"params":40,"own":0,"times":1,"in":[20,10],"out":[20,10]},{"name":"head","kind":"Head","file":"program.py","line":61,"params":410,"own":410,"times":1,"in":[20,10],"out":[10]},{"name":"head.linear","kind":"Linear","file":null,"line":null,"params":410,"own":0,"times":1,"in":[40],"out":[10]}]');
INSERT INTO "candidates" VALUES('g01-04',1,4,'mutate','["seed"]',NULL,'free','minimalist','capable',0.263,'[]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, channels, length).\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.conv = nn.Conv1d(1, 16, kernel_size=5, stride=2, padding=1)\n        self.act = nn.ReLU()\n\n    def forward(self, x):\n        return self.act(self.conv(x))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, length) to deep features of the same shape.\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        self.layers = nn.Sequential()\n        for _ in range(2):\n            self.layers.append(nn.Conv1d(channels, channels, kernel_size=3, padding=1, bias=False))\n            self.layers.append(nn.BatchNorm1d(channels))\n            self.layers.append(nn.ReLU())\n\n    def forward(self, x):\n        return self.layers(x)\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes).\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.linear = nn.Linear(channels, classes)\n\n    def forward(self, x):\n        return self.linear(x.amax(dim=-1))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)\n    tail = 0.3 * steps  # the rate falls to zero over the last steps\n    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))\n    return optimizer, scheduler\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','2c48212cd2819010','922cc199f51e7b1d','I take out the strides and biases of the body, the flattened head with one weight per position, and nine channels everywhere (25 to 16); the one thing added is a `BatchNorm1d` after each body convolution, which does the work of the biases and suits the rate of 0.01.
Shapes: stem (1, 40) -> (16, 19), body (16, 19) -> (16, 19) -> (16, 19), and the head takes the maximum over the 19 places, so `Linear(16, 10)` replaces `Linear(125, 10)`.
Each final feature sees 13 points, about one digit, and its position no longer matters, so far fewer weights (96 + 1,600 + 170 = 1,866 instead of 5,210) should generalise at least as well from 3,500 signals.','evaluated',NULL,'','{"val_error":1.8,"params":1866.0}',0,1866,'[]','intent/free@1',1,'[]',NULL,'refine','[]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":67,"params":1866,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":96,"own":96,"times":1,"in":[1,40],"out":[16,19]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":96,"own":0,"times":1,"in":[1,40],"out":[16,19]},{"name":"stem.act","kind":"ReLU","file":null,"line":null,"params":0,"own":0,"times":1,"in":[16,19],"out":[16,19]},{"name":"body","kind":"Body","file":"program.py","line":28,"params":1600,"own":1600,"times":1,"in":[16,19],"out":[16,19]},{"name":"body.layers","kind":"Sequential","file":null,"line":null,"params":1600,"own":0,"times":1,"in":[16,19],"out":[16,19]},{"name":"head","kind":"Head","file":"program.py","line":45,"params":170,"own":170,"times":1,"in":[16,19],"out":[10]},{"name":"head.linear","kind":"Linear","file":null,"line":null,"params":170,"own":0,"times":1,"in":[16],"out":[10]}]');
INSERT INTO "candidates" VALUES('g01-05',1,5,'mutate','["seed"]',NULL,'restructure','contrarian','capable',0.458,'[]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, channels, length).\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)\n        self.act = nn.ReLU()\n\n    def forward(self, x):\n        return self.act(self.conv(x))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, length) to deep features (N, channels'', length''), without any stride.\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        width = 20\n        self.layers = nn.Sequential(\n            nn.Conv1d(channels, width, kernel_size=3, padding=1, bias=False),\n            nn.BatchNorm1d(width),\n            nn.ReLU(),\n            nn.Conv1d(width, width, kernel_size=3, padding=2, dilation=2, bias=False),\n            nn.BatchNorm1d(width),\n            nn.ReLU(),\n        )\n\n    def forward(self, x):\n        return self.layers(x)\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes), blind to the place.\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.linear = nn.Linear(2 * channels, classes)\n\n    def forward(self, x):\n        return self.linear(torch.cat([x.amax(dim=2), x.mean(dim=2)], dim=1))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)\n    tail = 0.3 * steps  # the rate falls to zero over the last steps\n    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))\n    return optimizer, scheduler\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','2af2a87081c9a315','70f17cc6a8f2172d','I attack the assumption that depth must be paid with resolution and that the head must know the place: the body loses both strides, keeps the length (N, 25, 19) -> (N, 20, 19) with kernels 3 at dilation 1 and 2 (the same receptive field of 17 points) and batch norm, and the head reads maximum and mean over the 19 places, (N, 40) -> (N, 10), instead of a dense layer on 5 coarse cells. The train loss of 0.19 beside 14.6 % error says that place-bound weights are learnt from too few signals each; if I am right the error falls clearly below 14.6 % with 3,340 parameters, and if strides and places were needed it rises.','evaluated',NULL,'','{"val_error":1.2,"params":3340.0}',0,3340,'[]','intent/restructure@1',1,'[]',2,'refine','[]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":71,"params":3340,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":150,"own":150,"times":1,"in":[1,40],"out":[25,19]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":150,"own":0,"times":1,"in":[1,40],"out":[25,19]},{"name":"stem.act","kind":"ReLU","file":null,"line":null,"params":0,"own":0,"times":1,"in":[25,19],"out":[25,19]},{"name":"body","kind":"Body","file":"program.py","line":28,"params":2780,"own":2780,"times":1,"in":[25,19],"out":[20,19]},{"name":"body.layers","kind":"Sequential","file":null,"line":null,"params":2780,"own":0,"times":1,"in":[25,19],"out":[20,19]},{"name":"head","kind":"Head","file":"program.py","line":49,"params":410,"own":410,"times":1,"in":[20,19],"out":[10]},{"name":"head.linear","kind":"Linear","file":null,"line":null,"params":410,"own":0,"times":1,"in":[40],"out":[10]}]');
INSERT INTO "candidates" VALUES('g01-06',1,6,'mutate','["seed"]',NULL,'shrink','contrarian','capable',0.239,'[]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, channels, length), at full resolution.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        width = 12\n        self.conv = nn.Conv1d(1, width, kernel_size=5, padding=2, padding_mode=\"circular\", bias=False)\n        self.norm = nn.BatchNorm1d(width)\n        self.act = nn.ReLU()\n\n    def forward(self, x):\n        return self.act(self.norm(self.conv(x)))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, length) to position-free features (N, channels'', 1).\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        width = 16\n        self.layers = nn.Sequential(\n            nn.Conv1d(channels, width, kernel_size=3, padding=2, dilation=2, padding_mode=\"circular\", bias=False),\n            nn.BatchNorm1d(width),\n            nn.ReLU(),\n            nn.Conv1d(width, width, kernel_size=3, padding=3, dilation=3, padding_mode=\"circular\", bias=False),\n            nn.BatchNorm1d(width),\n            nn.ReLU(),\n        )\n\n    def forward(self, x):\n        x = self.layers(x)\n        return torch.cat([x.mean(dim=2, keepdim=True), x.amax(dim=2, keepdim=True)], dim=1)\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes).\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.flatten = nn.Flatten()\n        self.linear = nn.Linear(channels * length, classes)\n\n    def forward(self, x):\n        return self.linear(self.flatten(x))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)\n    tail = 0.3 * steps  # the rate falls to zero over the last steps\n    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))\n    return optimizer, scheduler\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','a496add85c5fcfed','46ce7029388b3622','I attack the assumption that the signal must be subsampled and its position kept until the head: the stem becomes 12 filters of length 5 at stride 1, (1, 40) -> (12, 40), and the body two dilated 3-tap convolutions of 16 channels (dilations 2 and 3, receptive field 15 points, wide enough for a whole digit), both with batch norm and circular padding, followed by mean and maximum over all positions, (16, 40) -> (32, 1). The head then is Linear(32, 10) without any change of its text, and the total falls from 5210 to 84 + 1408 + 330 = 1822 parameters. If position and width were really needed, the error will rise above 14.6 %; if they were ballast, shift invariance that is built in instead of learnt from 3,500 signals will lower it at a third of the size.','evaluated',NULL,'','{"val_error":1.8,"params":1822.0}',0,1822,'[]','intent/shrink@1',1,'[]',2,'refine','[]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":75,"params":1822,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":84,"own":84,"times":1,"in":[1,40],"out":[12,40]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":60,"own":0,"times":1,"in":[1,40],"out":[12,40]},{"name":"stem.norm","kind":"BatchNorm1d","file":null,"line":null,"params":24,"own":0,"times":1,"in":[12,40],"out":[12,40]},{"name":"stem.act","kind":"ReLU","file":null,"line":null,"params":0,"own":0,"times":1,"in":[12,40],"out":[12,40]},{"name":"body","kind":"Body","file":"program.py","line":30,"params":1408,"own":1408,"times":1,"in":[12,40],"out":[32,1]},{"name":"body.layers","kind":"Sequential","file":null,"line":null,"params":1408,"own":0,"times":1,"in":[12,40],"out":[16,40]},{"name":"head","kind":"Head","file":"program.py","line":52,"params":330,"own":330,"times":1,"in":[32,1],"out":[10]},{"name":"head.flatten","kind":"Flatten","file":null,"line":null,"params":0,"own":0,"times":1,"in":[32,1],"out":[32]},{"name":"head.linear","kind":"Linear","file":null,"line":null,"params":330,"own":0,"times":1,"in":[32],"out":[10]}]');
INSERT INTO "candidates" VALUES('g01-07',1,7,'mutate','["seed"]','head','shrink','statistician','capable',0.466,'[]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, channels, length).\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)\n        self.act = nn.ReLU()\n\n    def forward(self, x):\n        return self.act(self.conv(x))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\nclass Separable(nn.Module):\n    \"\"\"Circular depthwise convolution, channel mixing and BatchNorm; a residual path where the width stays.\"\"\"\n\n    def __init__(self, channels, width, dilation):\n        super().__init__()\n        self.depthwise = nn.Conv1d(\n            channels, channels, kernel_size=5, dilation=dilation, padding=2 * dilation,\n            padding_mode=\"circular\", groups=channels, bias=False,\n        )\n        self.mix = nn.Conv1d(channels, width, kernel_size=1, bias=False)\n        self.norm = nn.BatchNorm1d(width)\n        self.skip = channels == width\n\n    def forward(self, x):\n        y = self.norm(self.mix(self.depthwise(x)))\n        return torch.relu(x + y if self.skip else y)\n\n\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, length) to deep features (N, width, length).\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        width = 20\n        self.layers = nn.Sequential(\n            Separable(channels, width, dilation=1),\n            Separable(width, width, dilation=1),\n            Separable(width, width, dilation=2),\n        )\n\n    def forward(self, x):\n        return self.layers(x)\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes), from maximum and mean over position.\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.linear = nn.Linear(2 * channels, classes)\n\n    def forward(self, x):\n        return self.linear(torch.cat([x.amax(dim=-1), x.mean(dim=-1)], dim=1))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)\n    tail = 0.3 * steps  # the rate falls to zero over the last steps\n    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))\n    return optimizer, scheduler\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','ac7ad0205824aefc','f4b53dc31205dd24','The head learns 1,260 weights, a separate set for each of five places, from only 3,500 signals whose digit may lie anywhere; that is variance without use, so the head now takes maximum and mean over position, (N, 20, 19) to (N, 40), and one linear layer of 410 parameters. Such a head needs features that keep the length and have a common amplitude, so the body changes with it: three circular depthwise-separable layers (kernel 5, width 20, BatchNorm, residual from the second on, the last with dilation 2), (N, 25, 19) to (N, 20, 19), with 1,745 instead of 3,800 parameters. In all 2,305 instead of 5,210 parameters; a change of error below 4.3 % would say nothing, the gain that I am sure of is in the size.','evaluated',NULL,'','{"val_error":1.6,"params":2305.0}',0,2305,'[]','intent/shrink@1',1,'["head"]',NULL,'segment','[]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":86,"params":2305,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":150,"own":150,"times":1,"in":[1,40],"out":[25,19]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":150,"own":0,"times":1,"in":[1,40],"out":[25,19]},{"name":"stem.act","kind":"ReLU","file":null,"line":null,"params":0,"own":0,"times":1,"in":[25,19],"out":[25,19]},{"name":"body","kind":"Body","file":"program.py","line":46,"params":1745,"own":0,"times":1,"in":[25,19],"out":[20,19]},{"name":"body.layers","kind":"Sequential","file":null,"line":null,"params":1745,"own":0,"times":1,"in":[25,19],"out":[20,19]},{"name":"body.layers.0","kind":"Separable","file":"program.py","line":28,"params":665,"own":665,"times":1,"in":[25,19],"out":[20,19]},{"name":"body.layers.0.depthwise","kind":"Conv1d","file":null,"line":null,"params":125,"own":0,"times":1,"in":[25,19],"out":[25,19]},{"name":"body.layers.0.mix","kind":"Conv1d","file":null,"line":null,"params":500,"own":0,"times":1,"in":[25,19],"out":[20,19]},{"name":"body.layers.0.norm","kind":"BatchNorm1d","file":null,"line":null,"params":40,"own":0,"times":1,"in":[20,19],"out":[20,19]},{"name":"body.layers.1","kind":"Separable","file":"program.py","line":28,"params":540,"own":540,"times":1,"in":[20,19],"out":[20,19]},{"name":"body.layers.1.depthwise","kind":"Conv1d","file":null,"line":null,"params":100,"own":0,"times":1,"in":[20,19],"out":[20,19]},{"name":"body.layers.1.mix","kind":"Conv1d","file":null,"line":null,"params":400,"own":0,"times":1,"in":[20,19],"out":[20,19]},{"name":"body.layers.1.norm","kind":"BatchNorm1d","file":null,"line":null,"params":40,"own":0,"times":1,"in":[20,19],"out":[20,19]},{"name":"body.layers.2","kind":"Separable","file":"program.py","line":28,"params":540,"own":540,"times":1,"in":[20,19],"out":[20,19]},{"name":"body.layers.2.depthwise","kind":"Conv1d","file":null,"line":null,"params":100,"own":0,"times":1,"in":[20,19],"out":[20,19]},{"name":"body.layers.2.mix","kind":"Conv1d","file":null,"line":null,"params":400,"own":0,"times":1,"in":[20,19],"out":[20,19]},{"name":"body.layers.2.norm","kind":"BatchNorm1d","file":null,"line":null,"params":40,"own":0,"times":1,"in":[20,19],"out":[20,19]},{"name":"head","kind":"Head","file":"program.py","line":64,"params":410,"own":410,"times":1,"in":[20,19],"out":[10]},{"name":"head.linear","kind":"Linear","file":null,"line":null,"params":410,"own":0,"times":1,"in":[40],"out":[10]}]');
INSERT INTO "candidates" VALUES('g01-08',1,8,'mutate','["seed"]','body','free','signal','capable',0.614,'[]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, 16, 20): circular filters, smoothed before subsampling.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        width = 16\n        self.conv = nn.Conv1d(1, width, kernel_size=7, padding=3, padding_mode=\"circular\", bias=False)\n        self.norm = nn.BatchNorm1d(width)\n        self.act = nn.ReLU()\n        self.smooth = nn.AvgPool1d(2)\n\n    def forward(self, x):\n        return self.smooth(self.act(self.norm(self.conv(x))))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, length) to shift-invariant features (N, 2 * width, 1).\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        width = 20\n        self.layers = nn.Sequential(\n            nn.Conv1d(channels, width, kernel_size=5, padding=2, padding_mode=\"circular\", bias=False),\n            nn.BatchNorm1d(width),\n            nn.ReLU(),\n            nn.AvgPool1d(2),\n            nn.Conv1d(width, width, kernel_size=5, padding=2, padding_mode=\"circular\", bias=False),\n            nn.BatchNorm1d(width),\n            nn.ReLU(),\n        )\n\n    def forward(self, x):\n        x = self.layers(x)\n        return torch.cat([x.amax(dim=2, keepdim=True), x.mean(dim=2, keepdim=True)], dim=1)\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes).\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.flatten = nn.Flatten()\n        self.linear = nn.Linear(channels * length, classes)\n\n    def forward(self, x):\n        return self.linear(self.flatten(x))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)\n    tail = 0.3 * steps  # the rate falls to zero over the last steps\n    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))\n    return optimizer, scheduler\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','e1bdd3978195291e','56e88628075defa2','The quantity I alter is the dependence on position: a shift by up to the whole signal lives on a ring, so all convolutions become circular (no invented edge), strides become a BatchNorm-ReLU layer followed by an average over 2 points (smoothing before subsampling), and the body ends in the maximum and the mean over positions, joined to (40, 1), so the head needs 410 weights instead of 1,260 and no longer learns each position for itself. Stem: 16 filters of length 7, (1, 40) -> (16, 40) -> (16, 20); body: 16 -> 20 with kernel 5 at length 20, averaged to 10, then 20 -> 20 with kernel 5 at length 10. The receptive field grows from 17 to 34 of the 40 points, enough for a whole digit at each position, with about 4,230 parameters.','evaluated',NULL,'','{"val_error":1.4,"params":4234.0}',0,4234,'[]','intent/free@1',1,'["body"]',NULL,'segment','[]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":77,"params":4234,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":144,"own":144,"times":1,"in":[1,40],"out":[16,20]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":112,"own":0,"times":1,"in":[1,40],"out":[16,40]},{"name":"stem.norm","kind":"BatchNorm1d","file":null,"line":null,"params":32,"own":0,"times":1,"in":[16,40],"out":[16,40]},{"name":"stem.act","kind":"ReLU","file":null,"line":null,"params":0,"own":0,"times":1,"in":[16,40],"out":[16,40]},{"name":"stem.smooth","kind":"AvgPool1d","file":null,"line":null,"params":0,"own":0,"times":1,"in":[16,40],"out":[16,20]},{"name":"body","kind":"Body","file":"program.py","line":31,"params":3680,"own":3680,"times":1,"in":[16,20],"out":[40,1]},{"name":"body.layers","kind":"Sequential","file":null,"line":null,"params":3680,"own":0,"times":1,"in":[16,20],"out":[20,10]},{"name":"head","kind":"Head","file":"program.py","line":54,"params":410,"own":410,"times":1,"in":[40,1],"out":[10]},{"name":"head.flatten","kind":"Flatten","file":null,"line":null,"params":0,"own":0,"times":1,"in":[40,1],"out":[40]},{"name":"head.linear","kind":"Linear","file":null,"line":null,"params":410,"own":0,"times":1,"in":[40],"out":[10]}]');
INSERT INTO "candidates" VALUES('g01-09',1,9,'mutate','["seed"]',NULL,'free','statistician','capable',0.055,'[]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, channels, length).\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.conv = nn.Conv1d(1, 20, kernel_size=7, padding=3, bias=False)\n        self.norm = nn.BatchNorm1d(20)\n\n    def forward(self, x):\n        return torch.relu(self.norm(self.conv(x)))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\nclass Separable(nn.Module):\n    \"\"\"Residual block: a filter per channel, a mixing of the channels, a norm.\"\"\"\n\n    def __init__(self, width):\n        super().__init__()\n        self.filter = nn.Conv1d(width, width, kernel_size=5, padding=2, groups=width, bias=False)\n        self.mix = nn.Conv1d(width, width, kernel_size=1, bias=False)\n        self.norm = nn.BatchNorm1d(width)\n\n    def forward(self, x):\n        return torch.relu(x + self.norm(self.mix(self.filter(x))))\n\n\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, length) to deep features (N, channels'', length'').\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        self.layers = nn.Sequential(\n            Separable(channels),\n            nn.MaxPool1d(2),\n            Separable(channels),\n            Separable(channels),\n        )\n\n    def forward(self, x):\n        return self.layers(x)\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes), by their mean and maximum over time.\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.linear = nn.Linear(2 * channels, classes)\n\n    def forward(self, x):\n        return self.linear(torch.cat([x.mean(dim=2), x.amax(dim=2)], dim=1))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\nimport math\n\n\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    weights = [p for p in model.parameters() if p.dim() > 1]\n    others = [p for p in model.parameters() if p.dim() <= 1]\n    groups = [{\"params\": weights, \"weight_decay\": 0.1}, {\"params\": others, \"weight_decay\": 0.0}]\n    optimizer = torch.optim.AdamW(groups, lr=0.015, foreach=True)\n    warm = max(1, round(0.05 * steps))\n\n    def rate(step):\n        if step < warm:\n            return (step + 1) / warm\n        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm) / max(1, steps - warm))))\n\n    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, rate)\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','04e7a3c7d005dffa','0a9a06873b938e6c','A train loss of 0.19 beside 14.6 % validation error says that variance is the larger part: 5,210 weights for 3,500 signals, and the flattened head estimates every class anew at each of five positions. I cut the degrees of freedom by weight sharing over position: stem (1, 40) -> (20, 40) with 7 taps, unstrided, and BatchNorm; body of three residual depthwise-separable blocks of width 20 (5 taps, BatchNorm), halving the length to 20 after the first; head on the mean and maximum over time, (20, 20) -> 40 -> 10, which makes 180 + 1,620 + 410 = 2,210 parameters. The norms remove the slow start (48 % at step 100), so AdamW goes to 0.015 with 5 % warm-up and a cosine to zero, and decay (0.1) is kept for weight tensors only; one seed run is thin evidence, but the expected gain is well above the 4.3 % of noise.','evaluated',NULL,'','{"val_error":1.6,"params":2210.0}',0,2210,'[]','intent/free@1',1,'[]',2,'rewrite','[]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":92,"params":2210,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":180,"own":180,"times":1,"in":[1,40],"out":[20,40]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":140,"own":0,"times":1,"in":[1,40],"out":[20,40]},{"name":"stem.norm","kind":"BatchNorm1d","file":null,"line":null,"params":40,"own":0,"times":1,"in":[20,40],"out":[20,40]},{"name":"body","kind":"Body","file":"program.py","line":41,"params":1620,"own":0,"times":1,"in":[20,40],"out":[20,20]},{"name":"body.layers","kind":"Sequential","file":null,"line":null,"params":1620,"own":0,"times":1,"in":[20,40],"out":[20,20]},{"name":"body.layers.0","kind":"Separable","file":"program.py","line":28,"params":540,"own":540,"times":1,"in":[20,40],"out":[20,40]},{"name":"body.layers.0.filter","kind":"Conv1d","file":null,"line":null,"params":100,"own":0,"times":1,"in":[20,40],"out":[20,40]},{"name":"body.layers.0.mix","kind":"Conv1d","file":null,"line":null,"params":400,"own":0,"times":1,"in":[20,40],"out":[20,40]},{"name":"body.layers.0.norm","kind":"BatchNorm1d","file":null,"line":null,"params":40,"own":0,"times":1,"in":[20,40],"out":[20,40]},{"name":"body.layers.2","kind":"Separable","file":"program.py","line":28,"params":540,"own":540,"times":1,"in":[20,20],"out":[20,20]},{"name":"body.layers.2.filter","kind":"Conv1d","file":null,"line":null,"params":100,"own":0,"times":1,"in":[20,20],"out":[20,20]},{"name":"body.layers.2.mix","kind":"Conv1d","file":null,"line":null,"params":400,"own":0,"times":1,"in":[20,20],"out":[20,20]},{"name":"body.layers.2.norm","kind":"BatchNorm1d","file":null,"line":null,"params":40,"own":0,"times":1,"in":[20,20],"out":[20,20]},{"name":"body.layers.3","kind":"Separable","file":"program.py","line":28,"params":540,"own":540,"times":1,"in":[20,20],"out":[20,20]},{"name":"body.layers.3.filter","kind":"Conv1d","file":null,"line":null,"params":100,"own":0,"times":1,"in":[20,20],"out":[20,20]},{"name":"body.layers.3.mix","kind":"Conv1d","file":null,"line":null,"params":400,"own":0,"times":1,"in":[20,20],"out":[20,20]},{"name":"body.layers.3.norm","kind":"BatchNorm1d","file":null,"line":null,"params":40,"own":0,"times":1,"in":[20,20],"out":[20,20]},{"name":"head","kind":"Head","file":"program.py","line":59,"params":410,"own":410,"times":1,"in":[20,20],"out":[10]},{"name":"head.linear","kind":"Linear","file":null,"line":null,"params":410,"own":0,"times":1,"in":[40],"out":[10]}]');
INSERT INTO "candidates" VALUES('g02-00',2,0,'mutate','["g01-06"]',NULL,'surprise','geometer','capable',0.427,'["L01-2","L01-0","L01-4"]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, channels, length), at full resolution.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        width = 20\n        self.conv = nn.Conv1d(1, width, kernel_size=5, padding=2, padding_mode=\"circular\", bias=False)\n        self.norm = nn.BatchNorm1d(width)\n        self.act = nn.ReLU()\n\n    def forward(self, x):\n        return self.act(self.norm(self.conv(x)))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, length) to position-free features (N, channels, 1).\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        dilations = (1, 1, 2)\n        self.mix = nn.Conv1d(channels, channels, kernel_size=1, bias=False)  # one mixing for all three steps\n        self.filters = nn.ModuleList(\n            nn.Conv1d(\n                channels, channels, kernel_size=5, padding=2 * d, dilation=d,\n                padding_mode=\"circular\", groups=channels, bias=False,\n            )\n            for d in dilations\n        )\n        self.norms = nn.ModuleList(nn.BatchNorm1d(channels) for _ in dilations)\n        self.log_sharpness = nn.Parameter(torch.ones(channels, 1))\n\n    def forward(self, x):\n        for taps, norm in zip(self.filters, self.norms):\n            x = torch.relu(x + norm(self.mix(taps(x))))\n        sharpness = self.log_sharpness.exp()\n        scaled = sharpness * x\n        peak = scaled.amax(dim=2, keepdim=True)\n        return (peak + (scaled - peak).exp().mean(dim=2, keepdim=True).log()) / sharpness\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes).\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.flatten = nn.Flatten()\n        self.linear = nn.Linear(channels * length, classes)\n\n    def forward(self, x):\n        return self.linear(self.flatten(x))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)\n    tail = 0.3 * steps  # the rate falls to zero over the last steps\n    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))\n    return optimizer, scheduler\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','fef962b854dd3e53','1d57c6965c1fd7a7','The body''s two dense convolutions hold 1,344 of the 1,822 weights; I replace them by three residual rooms that share one door: each has its own circular depthwise filter (5 taps, dilations 1, 1, 2) and its own BatchNorm, but all three use the same 20x20 1x1 mixing `mix`, so the depth grows from 3 to 4 layers while the body falls from 1,408 to 840 weights, and with an equal width the shared map refines one feature basis in place of inventing three. Mean and maximum no longer lie side by side at 10 class weights per channel each: they meet in one soft pooling, (1/b) log mean exp(b x), whose sharpness b is learned per channel (20 weights) and which lets each channel choose its place between mean and maximum. Shapes: stem (1, 40) -> (20, 40) with 20 filters, body (20, 40) -> (20, 1), head `Linear(20, 10)`; about 1,190 parameters in all.','evaluated',NULL,'','{"val_error":2.8,"params":1190.0}',0,1190,'[]','intent/surprise@1',2,'[]',3,'refine','["g01-04","g01-09"]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":81,"params":1190,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":140,"own":140,"times":1,"in":[1,40],"out":[20,40]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":100,"own":0,"times":1,"in":[1,40],"out":[20,40]},{"name":"stem.norm","kind":"BatchNorm1d","file":null,"line":null,"params":40,"own":0,"times":1,"in":[20,40],"out":[20,40]},{"name":"stem.act","kind":"ReLU","file":null,"line":null,"params":0,"own":0,"times":1,"in":[20,40],"out":[20,40]},{"name":"body","kind":"Body","file":"program.py","line":30,"params":840,"own":840,"times":1,"in":[20,40],"out":[20,1]},{"name":"body.mix","kind":"Conv1d","file":null,"line":null,"params":400,"own":0,"times":1,"in":[20,40],"out":[20,40]},{"name":"body.filters","kind":"ModuleList","file":null,"line":null,"params":300,"own":0,"times":1,"in":null,"out":null},{"name":"body.norms","kind":"ModuleList","file":null,"line":null,"params":120,"own":0,"times":1,"in":null,"out":null},{"name":"head","kind":"Head","file":"program.py","line":58,"params":210,"own":210,"times":1,"in":[20,1],"out":[10]},{"name":"head.flatten","kind":"Flatten","file":null,"line":null,"params":0,"own":0,"times":1,"in":[20,1],"out":[20]},{"name":"head.linear","kind":"Linear","file":null,"line":null,"params":210,"own":0,"times":1,"in":[20],"out":[10]}]');
INSERT INTO "candidates" VALUES('g02-01',2,1,'mutate','["g01-06"]','stem','tune_boldly','geometer','capable',0.635,'[]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, 8, 40), at full resolution: few filters, each as long as a digit.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        width = 8\n        self.conv = nn.Conv1d(1, width, kernel_size=11, padding=5, padding_mode=\"circular\", bias=False)\n        self.norm = nn.BatchNorm1d(width)\n        self.act = nn.ReLU()\n\n    def forward(self, x):\n        return self.act(self.norm(self.conv(x)))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, length) to position-free features (N, channels'', 1).\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        width = 16\n        self.layers = nn.Sequential(\n            nn.Conv1d(channels, width, kernel_size=3, padding=2, dilation=2, padding_mode=\"circular\", bias=False),\n            nn.BatchNorm1d(width),\n            nn.ReLU(),\n            nn.Conv1d(width, width, kernel_size=3, padding=3, dilation=3, padding_mode=\"circular\", bias=False),\n            nn.BatchNorm1d(width),\n            nn.ReLU(),\n        )\n\n    def forward(self, x):\n        x = self.layers(x)\n        return torch.cat([x.mean(dim=2, keepdim=True), x.amax(dim=2, keepdim=True)], dim=1)\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes).\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.flatten = nn.Flatten()\n        self.linear = nn.Linear(channels * length, classes)\n\n    def forward(self, x):\n        return self.linear(self.flatten(x))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\nimport math\n\n\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    weights = [p for p in model.parameters() if p.dim() >= 2]\n    others = [p for p in model.parameters() if p.dim() < 2]\n    optimizer = torch.optim.AdamW(\n        [{\"params\": weights, \"weight_decay\": 0.2}, {\"params\": others, \"weight_decay\": 0.0}], lr=0.025, foreach=True\n    )\n    warm = max(1, round(0.05 * steps))\n\n    def rate(step):\n        if step < warm:\n            return (step + 1) / warm\n        done = min(1.0, (step - warm) / max(1, steps - warm))\n        return 0.5 * (1.0 + math.cos(math.pi * done))\n\n    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)\n    return optimizer, scheduler\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','838802f30b95d631','add436ed4350490c','The stem goes from 12 filters of 5 taps to only 8 of 11 taps, on the ring and at stride 1, (N, 1, 40) -> (N, 8, 40): twelve filters of 5 taps lie in five dimensions and repeat each other, while eleven taps span a whole digit and average the correlated noise before the first ReLU, and in the body the narrower door cuts the first convolution from 576 to 384 weights and lifts its view from 15 to 21 points. So thin a network has to be trained harder: the optimiser takes a rate of 0.025 instead of 0.01, risen to over 5 % of the steps, with a cosine to zero over all the rest in place of 700 steps on a plateau (the validation error fell from 9.4 to 1.8 % mostly while the rate came down), which batch norm before every ReLU bears because the convolutions are scale-free, and decay 0.2 on weights alone. In all 104 + 1216 + 330 = 1650 parameters instead of 1822.','evaluated',NULL,'','{"val_error":4.2,"params":1650.0}',0,1650,'[]','intent/tune_boldly@1',2,'["stem"]',NULL,'segment','["g01-04","g01-09"]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":89,"params":1650,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":104,"own":104,"times":1,"in":[1,40],"out":[8,40]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":88,"own":0,"times":1,"in":[1,40],"out":[8,40]},{"name":"stem.norm","kind":"BatchNorm1d","file":null,"line":null,"params":16,"own":0,"times":1,"in":[8,40],"out":[8,40]},{"name":"stem.act","kind":"ReLU","file":null,"line":null,"params":0,"own":0,"times":1,"in":[8,40],"out":[8,40]},{"name":"body","kind":"Body","file":"program.py","line":30,"params":1216,"own":1216,"times":1,"in":[8,40],"out":[32,1]},{"name":"body.layers","kind":"Sequential","file":null,"line":null,"params":1216,"own":0,"times":1,"in":[8,40],"out":[16,40]},{"name":"head","kind":"Head","file":"program.py","line":52,"params":330,"own":330,"times":1,"in":[32,1],"out":[10]},{"name":"head.flatten","kind":"Flatten","file":null,"line":null,"params":0,"own":0,"times":1,"in":[32,1],"out":[32]},{"name":"head.linear","kind":"Linear","file":null,"line":null,"params":330,"own":0,"times":1,"in":[32],"out":[10]}]');
INSERT INTO "candidates" VALUES('g02-02',2,2,'cross','["g01-01","g01-00"]',NULL,NULL,'plain','capable',0.397,'[]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, 12, 40).\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.conv = nn.Conv1d(1, 12, kernel_size=7, stride=1, padding=3, bias=False)\n        self.norm = nn.BatchNorm1d(12)\n        self.act = nn.ReLU()\n\n    def forward(self, x):\n        return self.act(self.norm(self.conv(x)))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\nclass Separable(nn.Module):\n    \"\"\"One filter per channel, a mix of channels and a norm; a residual path where the width stays.\"\"\"\n\n    def __init__(self, inputs, outputs, kernel):\n        super().__init__()\n        self.depthwise = nn.Conv1d(inputs, inputs, kernel_size=kernel, padding=kernel // 2, groups=inputs, bias=False)\n        self.pointwise = nn.Conv1d(inputs, outputs, kernel_size=1, bias=False)\n        self.norm = nn.BatchNorm1d(outputs)\n        self.residual = inputs == outputs\n\n    def forward(self, x):\n        y = self.norm(self.pointwise(self.depthwise(x)))\n        return torch.relu(x + y if self.residual else y)\n\n\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, 40) to deep features (N, 18, 20).\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        width = 18\n        self.layers = nn.Sequential(\n            Separable(channels, width, 5),\n            nn.AvgPool1d(2),\n            Separable(width, width, 5),\n            Separable(width, width, 5),\n        )\n\n    def forward(self, x):\n        return self.layers(x)\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes).\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.linear = nn.Linear(2 * channels, classes)\n\n    def forward(self, x):\n        return self.linear(torch.cat([x.amax(dim=-1), x.mean(dim=-1)], dim=1))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    optimizer = torch.optim.AdamW(model.parameters(), lr=0.015, weight_decay=0.2, foreach=True)\n    tail = 0.8 * steps  # the rate falls to zero over most of the run\n    warm = max(1.0, 0.03 * steps)\n\n    def rate(step):\n        return max(0.0, min(1.0, (step + 1) / warm, (steps - step) / tail))\n\n    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, rate)\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','92656dea5dd5a740','78380959e8daf4da','From A the child keeps the full-length stem, the 5-tap kernels and the head on maximum and mean, from B the longer first kernel (7 taps, between 5 and 11), the late subsampling and the tail of 0.8; the rate goes to 0.015 so that its sum over the run stays about that of A (9.0 against 8.5). What both parents lack and every program at 1.2 to 1.8 % has is BatchNorm with the strides given up, and 98 % of A''s body are dense weights, so the stem becomes 12 normed filters, (N, 1, 40) -> (N, 12, 40), and the body a separable layer to (N, 18, 40), a plain average that halves to (N, 18, 20), and two residual separable layers there, each place seeing 28 points. The head gets (N, 18, 20) and joins (N, 36) -> (N, 10); in all 108 + 1212 + 370 = 1690 parameters, below the smallest program on the front.','evaluated',NULL,'','{"val_error":1.2,"params":1690.0}',0,1690,'[]','breeder@1',2,'[]',3,NULL,'["g01-06","g01-04"]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":89,"params":1690,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":108,"own":108,"times":1,"in":[1,40],"out":[12,40]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":84,"own":0,"times":1,"in":[1,40],"out":[12,40]},{"name":"stem.norm","kind":"BatchNorm1d","file":null,"line":null,"params":24,"own":0,"times":1,"in":[12,40],"out":[12,40]},{"name":"stem.act","kind":"ReLU","file":null,"line":null,"params":0,"own":0,"times":1,"in":[12,40],"out":[12,40]},{"name":"body","kind":"Body","file":"program.py","line":44,"params":1212,"own":0,"times":1,"in":[12,40],"out":[18,20]},{"name":"body.layers","kind":"Sequential","file":null,"line":null,"params":1212,"own":0,"times":1,"in":[12,40],"out":[18,20]},{"name":"body.layers.0","kind":"Separable","file":"program.py","line":29,"params":312,"own":312,"times":1,"in":[12,40],"out":[18,40]},{"name":"body.layers.0.depthwise","kind":"Conv1d","file":null,"line":null,"params":60,"own":0,"times":1,"in":[12,40],"out":[12,40]},{"name":"body.layers.0.pointwise","kind":"Conv1d","file":null,"line":null,"params":216,"own":0,"times":1,"in":[12,40],"out":[18,40]},{"name":"body.layers.0.norm","kind":"BatchNorm1d","file":null,"line":null,"params":36,"own":0,"times":1,"in":[18,40],"out":[18,40]},{"name":"body.layers.2","kind":"Separable","file":"program.py","line":29,"params":450,"own":450,"times":1,"in":[18,20],"out":[18,20]},{"name":"body.layers.2.depthwise","kind":"Conv1d","file":null,"line":null,"params":90,"own":0,"times":1,"in":[18,20],"out":[18,20]},{"name":"body.layers.2.pointwise","kind":"Conv1d","file":null,"line":null,"params":324,"own":0,"times":1,"in":[18,20],"out":[18,20]},{"name":"body.layers.2.norm","kind":"BatchNorm1d","file":null,"line":null,"params":36,"own":0,"times":1,"in":[18,20],"out":[18,20]},{"name":"body.layers.3","kind":"Separable","file":"program.py","line":29,"params":450,"own":450,"times":1,"in":[18,20],"out":[18,20]},{"name":"body.layers.3.depthwise","kind":"Conv1d","file":null,"line":null,"params":90,"own":0,"times":1,"in":[18,20],"out":[18,20]},{"name":"body.layers.3.pointwise","kind":"Conv1d","file":null,"line":null,"params":324,"own":0,"times":1,"in":[18,20],"out":[18,20]},{"name":"body.layers.3.norm","kind":"BatchNorm1d","file":null,"line":null,"params":36,"own":0,"times":1,"in":[18,20],"out":[18,20]},{"name":"head","kind":"Head","file":"program.py","line":63,"params":370,"own":370,"times":1,"in":[18,20],"out":[10]},{"name":"head.linear","kind":"Linear","file":null,"line":null,"params":370,"own":0,"times":1,"in":[36],"out":[10]}]');
INSERT INTO "candidates" VALUES('g02-03',2,3,'mutate','["g01-09"]',NULL,'restructure','reviewer','capable',0.461,'[]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, channels, length).\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.conv = nn.Conv1d(1, 20, kernel_size=7, padding=3, padding_mode=\"circular\", bias=False)\n        self.norm = nn.BatchNorm1d(20)\n\n    def forward(self, x):\n        return torch.relu(self.norm(self.conv(x)))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, length) to deep features (N, channels, length // 2).\n\n    Residual steps with their own filters and norms, but one mixing of the channels for all of them.\n    \"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        steps = 3\n        self.filters = nn.ModuleList([\n            nn.Conv1d(channels, channels, kernel_size=5, padding=2, padding_mode=\"circular\", groups=channels, bias=False)\n            for _ in range(steps)\n        ])\n        self.norms = nn.ModuleList([nn.BatchNorm1d(channels) for _ in range(steps)])\n        self.mix = nn.Conv1d(channels, channels, kernel_size=1, bias=False)\n        self.halve = nn.MaxPool1d(2)\n\n    def forward(self, x):\n        for step, (own, norm) in enumerate(zip(self.filters, self.norms)):\n            if step == 1:\n                x = self.halve(x)\n            x = torch.relu(x + norm(self.mix(own(x))))\n        return x\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes): every position votes, the votes are joined.\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.vote = nn.Conv1d(channels, classes, kernel_size=1)\n\n    def forward(self, x):\n        return torch.logsumexp(self.vote(x), dim=2)\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\nimport math\n\n\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    weights = [p for p in model.parameters() if p.dim() > 1]\n    others = [p for p in model.parameters() if p.dim() <= 1]\n    groups = [{\"params\": weights, \"weight_decay\": 0.1}, {\"params\": others, \"weight_decay\": 0.0}]\n    optimizer = torch.optim.AdamW(groups, lr=0.015, foreach=True)\n    warm = max(1, round(0.05 * steps))\n\n    def rate(step):\n        if step < warm:\n            return (step + 1) / warm\n        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm) / max(1, steps - warm))))\n\n    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, rate)\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','76880b2a89239c67','02cdd1c8678fdc11','The parent fits its training set almost wholly (0.006) and much faster than the validation set, so it owns more than it needs; I restructure the body from three separate blocks into one residual recurrence in which each step keeps its own 20 depthwise filters of 5 and its own norm while a single 20 x 20 `mix` serves all three, (20, 40) -> (20, 40) -> (20, 20) -> (20, 20), 820 parameters instead of 1,620. The head no longer joins mean and maximum (410 parameters) but lets each position vote, (20, 20) -> (10, 20), and joins the votes by a log-sum-exp, (10), 210 parameters, which is near a mean at the start, so every position gets a gradient, and near a maximum once a digit is found. I also mend one defect: zero padding puts an edge where the shifted signal has none, so stem and filters now pad in a ring; the whole is 180 + 820 + 210 = 1,210 parameters, and the optimiser stays.','evaluated',NULL,'','{"val_error":2.6,"params":1210.0}',0,1210,'[]','intent/restructure@1',2,'[]',3,'rewrite','["g01-06","g01-04"]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":88,"params":1210,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":180,"own":180,"times":1,"in":[1,40],"out":[20,40]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":140,"own":0,"times":1,"in":[1,40],"out":[20,40]},{"name":"stem.norm","kind":"BatchNorm1d","file":null,"line":null,"params":40,"own":0,"times":1,"in":[20,40],"out":[20,40]},{"name":"body","kind":"Body","file":"program.py","line":31,"params":820,"own":820,"times":1,"in":[20,40],"out":[20,20]},{"name":"body.filters","kind":"ModuleList","file":null,"line":null,"params":300,"own":0,"times":1,"in":null,"out":null},{"name":"body.norms","kind":"ModuleList","file":null,"line":null,"params":120,"own":0,"times":1,"in":null,"out":null},{"name":"body.mix","kind":"Conv1d","file":null,"line":null,"params":400,"own":0,"times":1,"in":[20,40],"out":[20,40]},{"name":"body.halve","kind":"MaxPool1d","file":null,"line":null,"params":0,"own":0,"times":1,"in":[20,40],"out":[20,20]},{"name":"head","kind":"Head","file":"program.py","line":55,"params":210,"own":210,"times":1,"in":[20,20],"out":[10]},{"name":"head.vote","kind":"Conv1d","file":null,"line":null,"params":210,"own":0,"times":1,"in":[20,20],"out":[10,20]}]');
INSERT INTO "candidates" VALUES('g02-04',2,4,'mutate','["g01-04"]','optimiser','tune','statistician','capable',0.361,'[]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, channels, length).\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.conv = nn.Conv1d(1, 14, kernel_size=7, stride=2, padding=3)\n        self.act = nn.ReLU()\n\n    def forward(self, x):\n        return self.act(self.conv(x))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, length) to deep features of the same shape.\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        self.layers = nn.Sequential()\n        for _ in range(2):\n            self.layers.append(nn.Conv1d(channels, channels, kernel_size=3, padding=1, bias=False))\n            self.layers.append(nn.BatchNorm1d(channels))\n            self.layers.append(nn.ReLU())\n\n    def forward(self, x):\n        return self.layers(x)\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes).\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.linear = nn.Linear(channels, classes)\n\n    def forward(self, x):\n        return self.linear(x.amax(dim=-1))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    weights = [p for p in model.parameters() if p.dim() > 1]\n    others = [p for p in model.parameters() if p.dim() <= 1]\n    groups = [{\"params\": weights, \"weight_decay\": 0.1}, {\"params\": others, \"weight_decay\": 0.0}]\n    optimizer = torch.optim.AdamW(groups, lr=0.02, foreach=True)\n    warm = max(1, round(0.04 * steps))\n    fall = max(1, steps - warm)\n\n    def rate(step):\n        if step < warm:\n            return (step + 1) / warm\n        return max(0.0, (steps - step) / fall)\n\n    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)\n    return optimizer, scheduler\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','8b16103c40675956','8b488504a1889d93','On the plateau the parent''s error wanders (2, 4, 1, 1.8 %), which is the noise of a rate of 0.01 held for 70 % of the run, so I tune the schedule: peak rate 0.02 after a rise over 4 % of the steps, then a straight fall to zero, which averages over most of the run; weight decay 0.2 becomes 0.1 so that rate times decay stays the same at the peak, and biases and norms are not decayed. With it the stem goes from 16 filters of 5 taps to 14 of 7 taps (padding 3), (1, 40) -> (14, 20), and the body keeps that shape: the field grows from 13 to 15 points while the parameters fall from 1,866 to 1,494, below every program measured so far. A single run cannot tell differences below 1.6 %, so what I claim is the same error with a fifth fewer weights, not a lower one.','evaluated',NULL,'','{"val_error":2.0,"params":1494.0}',0,1494,'[]','intent/tune@1',2,'["optimiser"]',NULL,'segment','["g01-06","g01-09"]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":77,"params":1494,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":112,"own":112,"times":1,"in":[1,40],"out":[14,20]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":112,"own":0,"times":1,"in":[1,40],"out":[14,20]},{"name":"stem.act","kind":"ReLU","file":null,"line":null,"params":0,"own":0,"times":1,"in":[14,20],"out":[14,20]},{"name":"body","kind":"Body","file":"program.py","line":28,"params":1232,"own":1232,"times":1,"in":[14,20],"out":[14,20]},{"name":"body.layers","kind":"Sequential","file":null,"line":null,"params":1232,"own":0,"times":1,"in":[14,20],"out":[14,20]},{"name":"head","kind":"Head","file":"program.py","line":45,"params":150,"own":150,"times":1,"in":[14,20],"out":[10]},{"name":"head.linear","kind":"Linear","file":null,"line":null,"params":150,"own":0,"times":1,"in":[14],"out":[10]}]');
INSERT INTO "candidates" VALUES('g02-05',2,5,'mutate','["g01-05"]',NULL,'shrink','minimalist','capable',0.414,'["L01-3","L01-2","L01-4"]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, 16, 20).\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.conv = nn.Conv1d(1, 16, kernel_size=5, stride=2, padding=2, padding_mode=\"circular\")\n\n    def forward(self, x):\n        return torch.relu(self.conv(x))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\nclass Block(nn.Module):\n    \"\"\"Depthwise filter, channel mix and norm on a residual path; the shape stays.\"\"\"\n\n    def __init__(self, width):\n        super().__init__()\n        self.taps = nn.Conv1d(\n            width, width, kernel_size=5, padding=2, padding_mode=\"circular\", groups=width, bias=False\n        )\n        self.mix = nn.Conv1d(width, width, kernel_size=1, bias=False)\n        self.norm = nn.BatchNorm1d(width)\n\n    def forward(self, x):\n        return torch.relu(x + self.norm(self.mix(self.taps(x))))\n\n\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, length) to deep features of the same shape.\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        self.layers = nn.Sequential(*[Block(channels) for _ in range(3)])\n\n    def forward(self, x):\n        return self.layers(x)\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes), blind to the place.\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.linear = nn.Linear(2 * channels, classes)\n\n    def forward(self, x):\n        return self.linear(torch.cat([x.amax(dim=2), x.mean(dim=2)], dim=1))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)\n    tail = 0.3 * steps  # the rate falls to zero over the last steps\n    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))\n    return optimizer, scheduler\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','32737c8c6f3241eb','ba1e49fd5941c453','The two dense convolutions of `body` hold 2,700 of the 3,340 weights, so they go: in their place stands one block three times, `x = relu(x + norm(mix(taps(x))))`, a depthwise filter of 5 taps, a 1x1 mix and BatchNorm, with the width that comes from the stem, (16, 20) -> (16, 20), 368 parameters a block. The `stem` is cut from 25 to 16 filters (96 parameters) and padded as a ring, as the blocks are, (1, 40) -> (16, 20), and `head` stays, (16, 20) -> (32) -> (10), with 330. That makes 1,530 parameters, fewer than any program so far, while the receptive field grows from 17 to 29 points and the depth from two to three layers with residual paths, which should hold the error.','evaluated',NULL,'','{"val_error":3.4,"params":1530.0}',0,1530,'[]','intent/shrink@1',2,'[]',NULL,'rewrite','["g01-06","g01-04"]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":77,"params":1530,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":96,"own":96,"times":1,"in":[1,40],"out":[16,20]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":96,"own":0,"times":1,"in":[1,40],"out":[16,20]},{"name":"body","kind":"Body","file":"program.py","line":42,"params":1104,"own":0,"times":1,"in":[16,20],"out":[16,20]},{"name":"body.layers","kind":"Sequential","file":null,"line":null,"params":1104,"own":0,"times":1,"in":[16,20],"out":[16,20]},{"name":"body.layers.0","kind":"Block","file":"program.py","line":27,"params":368,"own":368,"times":1,"in":[16,20],"out":[16,20]},{"name":"body.layers.0.taps","kind":"Conv1d","file":null,"line":null,"params":80,"own":0,"times":1,"in":[16,20],"out":[16,20]},{"name":"body.layers.0.mix","kind":"Conv1d","file":null,"line":null,"params":256,"own":0,"times":1,"in":[16,20],"out":[16,20]},{"name":"body.layers.0.norm","kind":"BatchNorm1d","file":null,"line":null,"params":32,"own":0,"times":1,"in":[16,20],"out":[16,20]},{"name":"body.layers.1","kind":"Block","file":"program.py","line":27,"params":368,"own":368,"times":1,"in":[16,20],"out":[16,20]},{"name":"body.layers.1.taps","kind":"Conv1d","file":null,"line":null,"params":80,"own":0,"times":1,"in":[16,20],"out":[16,20]},{"name":"body.layers.1.mix","kind":"Conv1d","file":null,"line":null,"params":256,"own":0,"times":1,"in":[16,20],"out":[16,20]},{"name":"body.layers.1.norm","kind":"BatchNorm1d","file":null,"line":null,"params":32,"own":0,"times":1,"in":[16,20],"out":[16,20]},{"name":"body.layers.2","kind":"Block","file":"program.py","line":27,"params":368,"own":368,"times":1,"in":[16,20],"out":[16,20]},{"name":"body.layers.2.taps","kind":"Conv1d","file":null,"line":null,"params":80,"own":0,"times":1,"in":[16,20],"out":[16,20]},{"name":"body.layers.2.mix","kind":"Conv1d","file":null,"line":null,"params":256,"own":0,"times":1,"in":[16,20],"out":[16,20]},{"name":"body.layers.2.norm","kind":"BatchNorm1d","file":null,"line":null,"params":32,"own":0,"times":1,"in":[16,20],"out":[16,20]},{"name":"head","kind":"Head","file":"program.py","line":55,"params":330,"own":330,"times":1,"in":[16,20],"out":[10]},{"name":"head.linear","kind":"Linear","file":null,"line":null,"params":330,"own":0,"times":1,"in":[32],"out":[10]}]');
INSERT INTO "candidates" VALUES('g02-06',2,6,'mutate','["g01-07"]',NULL,'shrink','minimalist','capable',0.214,'["L01-3","L01-4"]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, channels, length).\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.conv = nn.Conv1d(1, 14, kernel_size=5, stride=2, padding=1)\n        self.act = nn.ReLU()\n\n    def forward(self, x):\n        return self.act(self.conv(x))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\nclass Block(nn.Module):\n    \"\"\"Circular depthwise convolution, channel mixing and BatchNorm beside an identity path.\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        self.layers = nn.Sequential(\n            nn.Conv1d(channels, channels, kernel_size=5, padding=2, padding_mode=\"circular\", groups=channels, bias=False),\n            nn.Conv1d(channels, channels, kernel_size=1, bias=False),\n            nn.BatchNorm1d(channels),\n        )\n\n    def forward(self, x):\n        return torch.relu(x + self.layers(x))\n\n\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, length) to deep features of the same shape.\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        self.layers = nn.Sequential(*(Block(channels) for _ in range(3)))\n\n    def forward(self, x):\n        return self.layers(x)\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes), from maximum and mean over position.\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.linear = nn.Linear(2 * channels, classes)\n\n    def forward(self, x):\n        return self.linear(torch.cat([x.amax(dim=-1), x.mean(dim=-1)], dim=1))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)\n    tail = 0.3 * steps  # the rate falls to zero over the last steps\n    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))\n    return optimizer, scheduler\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','87028bccc82d23f4','d7aeae117ce21654','I make the width one number, 14, from stem to head: the stem gives (14, 19) instead of (25, 19), and the body becomes three identical residual blocks (circular depthwise 5 taps, 1x1 mix, BatchNorm) that keep (14, 19), which takes out the widening layer, the skip flag and the dilation. Three undilated blocks over the stride-2 stem still see 29 of the 40 points, and every block, the first too, now has an identity path, so that the gradient reaches the stem as it did before, with less to fit. Parameters fall from 2,305 to 1,256 (stem 84, body 882, head 290), below the 1,822 of `g01-06`, and the max-and-mean head and the optimiser stay as they are.','evaluated',NULL,'','{"val_error":1.4,"params":1256.0}',0,1256,'[]','intent/shrink@1',2,'[]',3,'refine','["g01-06","g01-04"]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":78,"params":1256,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":84,"own":84,"times":1,"in":[1,40],"out":[14,19]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":84,"own":0,"times":1,"in":[1,40],"out":[14,19]},{"name":"stem.act","kind":"ReLU","file":null,"line":null,"params":0,"own":0,"times":1,"in":[14,19],"out":[14,19]},{"name":"body","kind":"Body","file":"program.py","line":43,"params":882,"own":0,"times":1,"in":[14,19],"out":[14,19]},{"name":"body.layers","kind":"Sequential","file":null,"line":null,"params":882,"own":0,"times":1,"in":[14,19],"out":[14,19]},{"name":"body.layers.0","kind":"Block","file":"program.py","line":28,"params":294,"own":294,"times":1,"in":[14,19],"out":[14,19]},{"name":"body.layers.0.layers","kind":"Sequential","file":null,"line":null,"params":294,"own":0,"times":1,"in":[14,19],"out":[14,19]},{"name":"body.layers.1","kind":"Block","file":"program.py","line":28,"params":294,"own":294,"times":1,"in":[14,19],"out":[14,19]},{"name":"body.layers.1.layers","kind":"Sequential","file":null,"line":null,"params":294,"own":0,"times":1,"in":[14,19],"out":[14,19]},{"name":"body.layers.2","kind":"Block","file":"program.py","line":28,"params":294,"own":294,"times":1,"in":[14,19],"out":[14,19]},{"name":"body.layers.2.layers","kind":"Sequential","file":null,"line":null,"params":294,"own":0,"times":1,"in":[14,19],"out":[14,19]},{"name":"head","kind":"Head","file":"program.py","line":56,"params":290,"own":290,"times":1,"in":[14,19],"out":[10]},{"name":"head.linear","kind":"Linear","file":null,"line":null,"params":290,"own":0,"times":1,"in":[28],"out":[10]}]');
INSERT INTO "candidates" VALUES('g02-07',2,7,'cross','["g01-03","g01-00"]',NULL,NULL,'geometer','capable',0.444,'["L01-2"]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, 12, 40): normalised matched filters, as long as a digit.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        width = 12\n        self.conv = nn.Conv1d(1, width, kernel_size=11, padding=5, padding_mode=\"circular\", bias=False)\n        self.norm = nn.BatchNorm1d(width)\n        self.act = nn.ReLU()\n\n    def forward(self, x):\n        return self.act(self.norm(self.conv(x)))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\nclass Block(nn.Module):\n    \"\"\"Depthwise filter, channel mix and norm, with a residual path before the ReLU where the shape stays.\"\"\"\n\n    def __init__(self, inputs, outputs, stride):\n        super().__init__()\n        self.residual = stride == 1 and inputs == outputs\n        self.filter = nn.Conv1d(\n            inputs, inputs, kernel_size=5, stride=stride, padding=2, padding_mode=\"circular\", groups=inputs, bias=False\n        )\n        self.mix = nn.Conv1d(inputs, outputs, kernel_size=1, bias=False)\n        self.norm = nn.BatchNorm1d(outputs)\n\n    def forward(self, x):\n        y = self.norm(self.mix(self.filter(x)))\n        return torch.relu(x + y if self.residual else y)\n\n\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, length) to deep features (N, 18, length / 2).\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        width = 18\n        self.layers = nn.Sequential(\n            Block(channels, width, stride=2),\n            Block(width, width, stride=1),\n            Block(width, width, stride=1),\n        )\n\n    def forward(self, x):\n        return self.layers(x)\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes).\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.linear = nn.Linear(2 * channels, classes)\n\n    def forward(self, x):\n        return self.linear(torch.cat((x.mean(dim=2), x.amax(dim=2)), dim=1))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    weights = [p for p in model.parameters() if p.dim() > 1]\n    others = [p for p in model.parameters() if p.dim() <= 1]\n    groups = [dict(params=weights, weight_decay=0.1), dict(params=others, weight_decay=0.0)]\n    optimizer = torch.optim.AdamW(groups, lr=0.015, foreach=True)\n    warm = max(1.0, 0.05 * steps)  # a short rise, then a straight line to zero\n    scheduler = torch.optim.lr_scheduler.LambdaLR(\n        optimizer, lambda step: min((step + 1) / warm, max(0.0, (steps - step) / (steps - warm + 1e-9)))\n    )\n    return optimizer, scheduler\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','e57c1ebd6e2ace1f','8e6cac7630e78167','From B the child takes the long 11-tap stem at stride 1 and the width of 18, from A the bias-free convolutions with BatchNorm, the residual path, the mean-and-maximum head and the optimiser: the stem becomes 12 matched filters on the ring, (1, 40) -> (12, 40), and the body one separable block that widens where the resolution falls, (12, 40) -> (18, 20), followed by two residual separable blocks (depthwise 5 taps, 1x1 mix, BatchNorm, skip before the ReLU) that keep (18, 20). A''s head then reads 2 * 18 = 36 numbers. All padding is circular, since a shift moves the digit round the ring, the length stops at 20 and not at 10 or 5, and the sum is 156 + 1,212 + 370 = 1,738 parameters against 4,270, so less is left to overfit while the receptive field reaches 31 of 40 points.','evaluated',NULL,'','{"val_error":3.6,"params":1738.0}',0,1738,'[]','breeder@1',2,'[]',NULL,NULL,'["g01-06","g01-04"]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":92,"params":1738,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":156,"own":156,"times":1,"in":[1,40],"out":[12,40]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":132,"own":0,"times":1,"in":[1,40],"out":[12,40]},{"name":"stem.norm","kind":"BatchNorm1d","file":null,"line":null,"params":24,"own":0,"times":1,"in":[12,40],"out":[12,40]},{"name":"stem.act","kind":"ReLU","file":null,"line":null,"params":0,"own":0,"times":1,"in":[12,40],"out":[12,40]},{"name":"body","kind":"Body","file":"program.py","line":47,"params":1212,"own":0,"times":1,"in":[12,40],"out":[18,20]},{"name":"body.layers","kind":"Sequential","file":null,"line":null,"params":1212,"own":0,"times":1,"in":[12,40],"out":[18,20]},{"name":"body.layers.0","kind":"Block","file":"program.py","line":30,"params":312,"own":312,"times":1,"in":[12,40],"out":[18,20]},{"name":"body.layers.0.filter","kind":"Conv1d","file":null,"line":null,"params":60,"own":0,"times":1,"in":[12,40],"out":[12,20]},{"name":"body.layers.0.mix","kind":"Conv1d","file":null,"line":null,"params":216,"own":0,"times":1,"in":[12,20],"out":[18,20]},{"name":"body.layers.0.norm","kind":"BatchNorm1d","file":null,"line":null,"params":36,"own":0,"times":1,"in":[18,20],"out":[18,20]},{"name":"body.layers.1","kind":"Block","file":"program.py","line":30,"params":450,"own":450,"times":1,"in":[18,20],"out":[18,20]},{"name":"body.layers.1.filter","kind":"Conv1d","file":null,"line":null,"params":90,"own":0,"times":1,"in":[18,20],"out":[18,20]},{"name":"body.layers.1.mix","kind":"Conv1d","file":null,"line":null,"params":324,"own":0,"times":1,"in":[18,20],"out":[18,20]},{"name":"body.layers.1.norm","kind":"BatchNorm1d","file":null,"line":null,"params":36,"own":0,"times":1,"in":[18,20],"out":[18,20]},{"name":"body.layers.2","kind":"Block","file":"program.py","line":30,"params":450,"own":450,"times":1,"in":[18,20],"out":[18,20]},{"name":"body.layers.2.filter","kind":"Conv1d","file":null,"line":null,"params":90,"own":0,"times":1,"in":[18,20],"out":[18,20]},{"name":"body.layers.2.mix","kind":"Conv1d","file":null,"line":null,"params":324,"own":0,"times":1,"in":[18,20],"out":[18,20]},{"name":"body.layers.2.norm","kind":"BatchNorm1d","file":null,"line":null,"params":36,"own":0,"times":1,"in":[18,20],"out":[18,20]},{"name":"head","kind":"Head","file":"program.py","line":65,"params":370,"own":370,"times":1,"in":[18,20],"out":[10]},{"name":"head.linear","kind":"Linear","file":null,"line":null,"params":370,"own":0,"times":1,"in":[36],"out":[10]}]');
INSERT INTO "candidates" VALUES('g02-08',2,8,'cross','["g01-04","g01-02"]',NULL,NULL,'plain','capable',0.342,'["L01-3","L01-2"]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, 16, 40) at full resolution, on a ring.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.conv = nn.Conv1d(1, 16, kernel_size=5, padding=2, padding_mode=\"circular\", bias=False)\n        self.norm = nn.BatchNorm1d(16)\n        self.act = nn.ReLU()\n\n    def forward(self, x):\n        return self.act(self.norm(self.conv(x)))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\nclass Separable(nn.Module):\n    \"\"\"relu(x + norm(1x1 mixing of a circular depthwise filter of x)); the shape (N, width, length) stays.\"\"\"\n\n    def __init__(self, width):\n        super().__init__()\n        self.filter = nn.Conv1d(\n            width, width, kernel_size=5, padding=2, padding_mode=\"circular\", groups=width, bias=False\n        )\n        self.mix = nn.Conv1d(width, width, kernel_size=1, bias=False)\n        self.norm = nn.BatchNorm1d(width)\n\n    def forward(self, x):\n        return torch.relu(x + self.norm(self.mix(self.filter(x))))\n\n\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, length) to deep features (N, channels, length // 2).\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        self.layers = nn.Sequential(\n            Separable(channels),\n            nn.MaxPool1d(2),\n            Separable(channels),\n            Separable(channels),\n        )\n\n    def forward(self, x):\n        return self.layers(x)\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes), from mean and maximum over position.\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.linear = nn.Linear(2 * channels, classes)\n\n    def forward(self, x):\n        return self.linear(torch.cat([x.mean(dim=2), x.amax(dim=2)], dim=1))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)\n    tail = 0.3 * steps  # the rate falls to zero over the last steps\n    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))\n    return optimizer, scheduler\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','b6711c76d09b4701','6ef45a6528d1cab9','From parent B the child takes the stem (16 circular filters of 5 taps at full resolution with `BatchNorm1d`, (1, 40) -> (16, 40), 112 parameters), the `MaxPool1d(2)` after the first block and the head on mean and maximum; from parent A it takes the economy, width 16 and no more than is needed. The body is a blend of the two: B''s three circular blocks, but each dense 3-tap convolution (768 weights) becomes a depthwise convolution of 5 taps and a 1x1 mixing (80 + 256 weights) with a residual path before the ReLU, as lesson L01-2 found good, (16, 40) -> (16, 40) -> (16, 20) -> (16, 20) -> (16, 20), 1,104 parameters. Both parents'' validation error still jumps about at step 600 (4 and 21 %) and the residual paths should calm that, while the field of view grows to 27 points; with the head, (N, 32) -> (N, 10), 330 parameters, the child has 1,546 parameters, below every program so far.','evaluated',NULL,'','{"val_error":2.0,"params":1546.0}',0,1546,'[]','breeder@1',2,'[]',NULL,NULL,'["g01-06","g01-09"]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":84,"params":1546,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":112,"own":112,"times":1,"in":[1,40],"out":[16,40]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":80,"own":0,"times":1,"in":[1,40],"out":[16,40]},{"name":"stem.norm","kind":"BatchNorm1d","file":null,"line":null,"params":32,"own":0,"times":1,"in":[16,40],"out":[16,40]},{"name":"stem.act","kind":"ReLU","file":null,"line":null,"params":0,"own":0,"times":1,"in":[16,40],"out":[16,40]},{"name":"body","kind":"Body","file":"program.py","line":44,"params":1104,"own":0,"times":1,"in":[16,40],"out":[16,20]},{"name":"body.layers","kind":"Sequential","file":null,"line":null,"params":1104,"own":0,"times":1,"in":[16,40],"out":[16,20]},{"name":"body.layers.0","kind":"Separable","file":"program.py","line":29,"params":368,"own":368,"times":1,"in":[16,40],"out":[16,40]},{"name":"body.layers.0.filter","kind":"Conv1d","file":null,"line":null,"params":80,"own":0,"times":1,"in":[16,40],"out":[16,40]},{"name":"body.layers.0.mix","kind":"Conv1d","file":null,"line":null,"params":256,"own":0,"times":1,"in":[16,40],"out":[16,40]},{"name":"body.layers.0.norm","kind":"BatchNorm1d","file":null,"line":null,"params":32,"own":0,"times":1,"in":[16,40],"out":[16,40]},{"name":"body.layers.2","kind":"Separable","file":"program.py","line":29,"params":368,"own":368,"times":1,"in":[16,20],"out":[16,20]},{"name":"body.layers.2.filter","kind":"Conv1d","file":null,"line":null,"params":80,"own":0,"times":1,"in":[16,20],"out":[16,20]},{"name":"body.layers.2.mix","kind":"Conv1d","file":null,"line":null,"params":256,"own":0,"times":1,"in":[16,20],"out":[16,20]},{"name":"body.layers.2.norm","kind":"BatchNorm1d","file":null,"line":null,"params":32,"own":0,"times":1,"in":[16,20],"out":[16,20]},{"name":"body.layers.3","kind":"Separable","file":"program.py","line":29,"params":368,"own":368,"times":1,"in":[16,20],"out":[16,20]},{"name":"body.layers.3.filter","kind":"Conv1d","file":null,"line":null,"params":80,"own":0,"times":1,"in":[16,20],"out":[16,20]},{"name":"body.layers.3.mix","kind":"Conv1d","file":null,"line":null,"params":256,"own":0,"times":1,"in":[16,20],"out":[16,20]},{"name":"body.layers.3.norm","kind":"BatchNorm1d","file":null,"line":null,"params":32,"own":0,"times":1,"in":[16,20],"out":[16,20]},{"name":"head","kind":"Head","file":"program.py","line":62,"params":330,"own":330,"times":1,"in":[16,20],"out":[10]},{"name":"head.linear","kind":"Linear","file":null,"line":null,"params":330,"own":0,"times":1,"in":[32],"out":[10]}]');
INSERT INTO "candidates" VALUES('g02-09',2,9,'mutate','["g01-06"]',NULL,'restructure','minimalist','capable',0.217,'["L01-4","L01-0","L01-2"]','{"program.py":"\"\"\"The convolutional network of the MNIST-1D paper (5,210 parameters) and its optimiser.\"\"\"\n\nimport torch\nfrom torch import nn\n\nCLASSES = 10\nPOINTS = 40\n\n\n# EVOLVE-BLOCK-START stem\nclass Stem(nn.Module):\n    \"\"\"Signal (N, 1, 40) to first features (N, channels, length), at full resolution.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        width = 12\n        self.conv = nn.Conv1d(1, width, kernel_size=5, padding=2, padding_mode=\"circular\", bias=False)\n        self.norm = nn.BatchNorm1d(width)\n        self.act = nn.ReLU()\n\n    def forward(self, x):\n        return self.act(self.norm(self.conv(x)))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START body\nclass Separable(nn.Module):\n    \"\"\"relu(x + norm(mix(filter(x)))) on the ring; the shape (N, width, length) stays.\"\"\"\n\n    def __init__(self, width, dilation):\n        super().__init__()\n        self.filter = nn.Conv1d(\n            width, width, kernel_size=5, padding=2 * dilation, dilation=dilation,\n            groups=width, padding_mode=\"circular\", bias=False,\n        )\n        self.mix = nn.Conv1d(width, width, kernel_size=1, bias=False)\n        self.norm = nn.BatchNorm1d(width)\n\n    def forward(self, x):\n        return torch.relu(x + self.norm(self.mix(self.filter(x))))\n\n\nclass Body(nn.Module):\n    \"\"\"First features (N, channels, length) to position-free features (N, 2 channels, 1).\"\"\"\n\n    def __init__(self, channels):\n        super().__init__()\n        self.layers = nn.Sequential(*(Separable(channels, dilation) for dilation in (1, 2, 3)))\n\n    def forward(self, x):\n        x = self.layers(x)\n        return torch.cat([x.mean(dim=2, keepdim=True), x.amax(dim=2, keepdim=True)], dim=1)\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START head\nclass Head(nn.Module):\n    \"\"\"Deep features (N, channels, length) to class scores (N, classes).\"\"\"\n\n    def __init__(self, channels, length, classes):\n        super().__init__()\n        self.flatten = nn.Flatten()\n        self.linear = nn.Linear(channels * length, classes)\n\n    def forward(self, x):\n        return self.linear(self.flatten(x))\n# EVOLVE-BLOCK-END\n\n\n# EVOLVE-BLOCK-START optimiser\ndef build_optimizer(model, steps):\n    \"\"\"Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps.\"\"\"\n    optimizer = torch.optim.AdamW(model.parameters(), lr=0.015, weight_decay=0.05, foreach=True)\n    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(0.0, 1.0 - step / steps))\n    return optimizer, scheduler\n# EVOLVE-BLOCK-END\n\n\nclass Network(nn.Module):\n    \"\"\"Stem, body and head in a row; each is told the shape it gets, so a change of one never breaks the next.\"\"\"\n\n    def __init__(self):\n        super().__init__()\n        self.stem = Stem()\n        self.body = Body(features(self.stem, (1, POINTS))[0])\n        self.head = Head(*features(nn.Sequential(self.stem, self.body), (1, POINTS)), CLASSES)\n\n    def forward(self, x):\n        return self.head(self.body(self.stem(x.unsqueeze(1))))\n\n\ndef features(module, shape):\n    \"\"\"(channels, length) that `module` makes of one example of this shape, found by a dry run.\"\"\"\n    module.eval()\n    with torch.no_grad():\n        out = module(torch.zeros(2, *shape))\n    module.train()\n    if out.dim() != 3:\n        raise ValueError(f\"stem and body must give (N, channels, length), got {tuple(out.shape)}\")\n    return tuple(out.shape[1:])\n\n\ndef build_model():\n    return Network()\n"}','84ef6029fcb7102e','acc776c27d8b2523','The body''s two dense convolutions hold 1,344 of the 1,822 parameters, so I take them out and let one idea run through the whole body: three residual separable blocks at the stem''s own 12 channels, each a circular depthwise 5-tap filter (60 weights, dilations 1, 2, 3), a 1x1 mix (144) and BatchNorm1d (24), `relu(x + norm(mix(filter(x))))`, with (N, 12, 40) kept throughout and a receptive field of 29 points instead of 15; mean and maximum then give (N, 24, 1), so the body has 684 parameters, the head 250 and the network 1,018. A net this small is short of fit rather than of restraint (the parent''s train loss was still falling), so weight decay goes from 0.2 to 0.05 and the plateau with its tail becomes one straight fall from 0.015 to zero, which also drops a knob. Stem and head stay as they are.','evaluated',NULL,'','{"val_error":4.4,"params":1018.0}',0,1018,'[]','intent/restructure@1',2,'[]',3,'rewrite','["g01-04","g01-09"]',NULL,0,'[{"name":"","kind":"Network","file":"program.py","line":82,"params":1018,"own":0,"times":1,"in":[40],"out":[10]},{"name":"stem","kind":"Stem","file":"program.py","line":14,"params":84,"own":84,"times":1,"in":[1,40],"out":[12,40]},{"name":"stem.conv","kind":"Conv1d","file":null,"line":null,"params":60,"own":0,"times":1,"in":[1,40],"out":[12,40]},{"name":"stem.norm","kind":"BatchNorm1d","file":null,"line":null,"params":24,"own":0,"times":1,"in":[12,40],"out":[12,40]},{"name":"stem.act","kind":"ReLU","file":null,"line":null,"params":0,"own":0,"times":1,"in":[12,40],"out":[12,40]},{"name":"body","kind":"Body","file":"program.py","line":46,"params":684,"own":0,"times":1,"in":[12,40],"out":[24,1]},{"name":"body.layers","kind":"Sequential","file":null,"line":null,"params":684,"own":0,"times":1,"in":[12,40],"out":[12,40]},{"name":"body.layers.0","kind":"Separable","file":"program.py","line":30,"params":228,"own":228,"times":1,"in":[12,40],"out":[12,40]},{"name":"body.layers.0.filter","kind":"Conv1d","file":null,"line":null,"params":60,"own":0,"times":1,"in":[12,40],"out":[12,40]},{"name":"body.layers.0.mix","kind":"Conv1d","file":null,"line":null,"params":144,"own":0,"times":1,"in":[12,40],"out":[12,40]},{"name":"body.layers.0.norm","kind":"BatchNorm1d","file":null,"line":null,"params":24,"own":0,"times":1,"in":[12,40],"out":[12,40]},{"name":"body.layers.1","kind":"Separable","file":"program.py","line":30,"params":228,"own":228,"times":1,"in":[12,40],"out":[12,40]},{"name":"body.layers.1.filter","kind":"Conv1d","file":null,"line":null,"params":60,"own":0,"times":1,"in":[12,40],"out":[12,40]},{"name":"body.layers.1.mix","kind":"Conv1d","file":null,"line":null,"params":144,"own":0,"times":1,"in":[12,40],"out":[12,40]},{"name":"body.layers.1.norm","kind":"BatchNorm1d","file":null,"line":null,"params":24,"own":0,"times":1,"in":[12,40],"out":[12,40]},{"name":"body.layers.2","kind":"Separable","file":"program.py","line":30,"params":228,"own":228,"times":1,"in":[12,40],"out":[12,40]},{"name":"body.layers.2.filter","kind":"Conv1d","file":null,"line":null,"params":60,"own":0,"times":1,"in":[12,40],"out":[12,40]},{"name":"body.layers.2.mix","kind":"Conv1d","file":null,"line":null,"params":144,"own":0,"times":1,"in":[12,40],"out":[12,40]},{"name":"body.layers.2.norm","kind":"BatchNorm1d","file":null,"line":null,"params":24,"own":0,"times":1,"in":[12,40],"out":[12,40]},{"name":"head","kind":"Head","file":"program.py","line":60,"params":250,"own":250,"times":1,"in":[24,1],"out":[10]},{"name":"head.flatten","kind":"Flatten","file":null,"line":null,"params":0,"own":0,"times":1,"in":[24,1],"out":[24]},{"name":"head.linear","kind":"Linear","file":null,"line":null,"params":250,"own":0,"times":1,"in":[24],"out":[10]}]');
CREATE TABLE commits (number INTEGER PRIMARY KEY, children TEXT NOT NULL, findings TEXT NOT NULL DEFAULT '[]');
INSERT INTO "commits" VALUES(0,'["seed"]','[]');
INSERT INTO "commits" VALUES(1,'["g01-00","g01-01","g01-02","g01-03","g01-04","g01-05","g01-06","g01-07","g01-08","g01-09"]','["again/seed/2","audit/seed"]');
INSERT INTO "commits" VALUES(2,'["g02-00","g02-01","g02-02","g02-03","g02-04","g02-05","g02-06","g02-07","g02-08","g02-09"]','["again/g01-06/2","audit/g01-02","audit/g01-05","audit/g01-06","audit/g01-09"]');
CREATE TABLE evaluations (
            key TEXT PRIMARY KEY, candidate TEXT NOT NULL REFERENCES candidates (id), fidelity TEXT NOT NULL,
            train_seed INTEGER NOT NULL, status TEXT NOT NULL, failure TEXT, message TEXT NOT NULL, objectives TEXT,
            wall_s REAL NOT NULL, cpu_s REAL NOT NULL, peak_memory_mb REAL NOT NULL, curve TEXT NOT NULL, sealed TEXT NOT NULL DEFAULT '', counted INTEGER, asked_at REAL NOT NULL DEFAULT 0, begun_at REAL NOT NULL DEFAULT 0, ended_at REAL NOT NULL DEFAULT 0, attempt INTEGER NOT NULL DEFAULT 0);
INSERT INTO "evaluations" VALUES('31d94c6f7c66445164159011','seed','quick',1,'done',NULL,'','{"val_error":14.6,"params":5210.0}',6.57407828489995154069e+01,7.92651499999999931134e+00,48.296875,'[{"step":100.0,"score":48.0,"train_loss":1.0599857568740845},{"step":200.0,"score":30.4,"train_loss":0.7106313109397888},{"step":300.0,"score":23.4,"train_loss":0.5183655619621277},{"step":400.0,"score":23.0,"train_loss":0.4457414150238037},{"step":500.0,"score":16.4,"train_loss":0.4218653738498688},{"step":600.0,"score":15.4,"train_loss":0.2425268143415451},{"step":700.0,"score":15.6,"train_loss":0.2386859953403473},{"step":800.0,"score":16.8,"train_loss":0.1838742345571518},{"step":900.0,"score":14.6,"train_loss":0.1826227307319641},{"step":1000.0,"score":14.6,"train_loss":0.18867312371730804}]','d4f03dd3e64d0a5c1868b44f7628b0b7442f055d804eb814c1742d51277c0b47',0,1.7958097136437740326e+09,1.79580971364381790159e+09,1.7958097794074790478e+09,0);
INSERT INTO "evaluations" VALUES('1914bd5f3303cf60a56f46a5','seed','quick',1066473790,'done',NULL,'','{"val_error":10.8,"params":5210.0}',1.32183391368998854882e+02,8.706828,48.109375,'[{"step":100.0,"score":47.8,"train_loss":1.2833589315414429},{"step":200.0,"score":28.4,"train_loss":0.6058987975120544},{"step":300.0,"score":20.2,"train_loss":0.3219945728778839},{"step":400.0,"score":15.8,"train_loss":0.2860008776187897},{"step":500.0,"score":15.0,"train_loss":0.22715245187282562},{"step":600.0,"score":13.8,"train_loss":0.20190498232841492},{"step":700.0,"score":10.8,"train_loss":0.15999649465084076},{"step":800.0,"score":10.2,"train_loss":0.17295068502426147},{"step":900.0,"score":10.4,"train_loss":0.130941241979599},{"step":1000.0,"score":10.8,"train_loss":0.12145557999610901}]','',1,1.79580977970665693283e+09,1.79580977970671510691e+09,1.79580991203202128408e+09,0);
INSERT INTO "evaluations" VALUES('f8fcf09da512e8a98e4a3267','seed','quick',199149998,'done',NULL,'','{"val_error":11.6,"params":5210.0}',1.24934448113999678757e+02,7.224163,48.2421875,'[{"step":100.0,"score":50.8,"train_loss":1.2020751237869263},{"step":200.0,"score":27.0,"train_loss":0.5533207654953003},{"step":300.0,"score":19.6,"train_loss":0.28968459367752075},{"step":400.0,"score":17.4,"train_loss":0.3872692286968231},{"step":500.0,"score":17.6,"train_loss":0.3019305169582367},{"step":600.0,"score":14.4,"train_loss":0.23875746130943298},{"step":700.0,"score":14.6,"train_loss":0.19680069386959076},{"step":800.0,"score":13.4,"train_loss":0.1531074494123459},{"step":900.0,"score":12.4,"train_loss":0.14361360669136047},{"step":1000.0,"score":11.6,"train_loss":0.14044637978076935}]','',1,1.79580977977286839484e+09,1.79580991210419464113e+09,1.79581003709149980541e+09,0);
INSERT INTO "evaluations" VALUES('4e0293cc4658e33aa50fd0a1','g01-01','quick',1,'done',NULL,'','{"val_error":4.2,"params":4570.0}',1.4263195875699966564e+02,13.883989,51.8515625,'[{"step":100.0,"score":23.8,"train_loss":0.6445807218551636},{"step":200.0,"score":12.4,"train_loss":0.3641517460346222},{"step":300.0,"score":11.0,"train_loss":0.2613992989063263},{"step":400.0,"score":6.6,"train_loss":0.18314513564109802},{"step":500.0,"score":5.6,"train_loss":0.17421019077301025},{"step":600.0,"score":5.0,"train_loss":0.07277245819568634},{"step":700.0,"score":5.2,"train_loss":0.08050838112831116},{"step":800.0,"score":5.4,"train_loss":0.04866356775164604},{"step":900.0,"score":4.0,"train_loss":0.0727531909942627},{"step":1000.0,"score":4.2,"train_loss":0.07475011050701141}]','d6c19a9c1f2a00227ff82fff913d1713e955ebf723e6acea11e1dbe8e48e0ad6',1,1.79581027721372032167e+09,1.79581027721374487872e+09,1.79581041989145779604e+09,0);
INSERT INTO "evaluations" VALUES('e03344f7a0b8196029b5d712','g01-07','quick',1,'done',NULL,'','{"val_error":1.6,"params":2305.0}',3.71057985118000942747e+02,34.886931,67.515625,'[{"step":100.0,"score":18.4,"train_loss":0.25617748498916626},{"step":200.0,"score":4.4,"train_loss":0.09840276837348938},{"step":300.0,"score":10.6,"train_loss":0.13693590462207794},{"step":400.0,"score":2.4,"train_loss":0.08202610164880753},{"step":500.0,"score":4.4,"train_loss":0.08940663933753967},{"step":600.0,"score":10.0,"train_loss":0.05839203670620918},{"step":700.0,"score":3.6,"train_loss":0.06571581214666367},{"step":800.0,"score":2.6,"train_loss":0.027936017140746117},{"step":900.0,"score":1.4,"train_loss":0.027874043211340904},{"step":1000.0,"score":1.6,"train_loss":0.01771101914346218}]','5f1ad0eca1338627c7723a474dcdf3dcef893002b2132403251f6d6100914c35',1,1.79581029316826963418e+09,1.79581041989177918436e+09,1.79581079096736288065e+09,0);
INSERT INTO "evaluations" VALUES('c19efa9ee68ddffd81e9235d','g01-02','quick',1,'done',NULL,'','{"val_error":1.4,"params":2842.0}',2.03834990063998702683e+02,21.458957,56.6015625,'[{"step":100.0,"score":5.2,"train_loss":0.15677490830421448},{"step":200.0,"score":3.4,"train_loss":0.09503843635320663},{"step":300.0,"score":13.2,"train_loss":0.08283378183841705},{"step":400.0,"score":5.0,"train_loss":0.09154876321554184},{"step":500.0,"score":3.0,"train_loss":0.1355186402797699},{"step":600.0,"score":21.0,"train_loss":0.050778578966856},{"step":700.0,"score":7.2,"train_loss":0.0748014748096466},{"step":800.0,"score":3.4,"train_loss":0.04135792329907417},{"step":900.0,"score":1.8,"train_loss":0.02072845958173275},{"step":1000.0,"score":1.4,"train_loss":0.017537318170070648}]','b780f81f1ced14fd2712746a6b4e23f9cdbc051de9c4e71d89b96ebfe792ab04',1,1.79581030803510165215e+09,1.79581079098310160638e+09,1.79581099486893200874e+09,0);
INSERT INTO "evaluations" VALUES('665063d0d24a02c01455c5b9','g01-03','quick',1,'done',NULL,'','{"val_error":1.8,"params":4270.0}',1.97171732907998375596e+02,22.394779,60.3046875,'[{"step":100.0,"score":7.4,"train_loss":0.1800726056098938},{"step":200.0,"score":5.0,"train_loss":0.07910726219415665},{"step":300.0,"score":3.6,"train_loss":0.04768698662519455},{"step":400.0,"score":2.8,"train_loss":0.021679174154996872},{"step":500.0,"score":2.0,"train_loss":0.022466041147708893},{"step":600.0,"score":3.0,"train_loss":0.0024151389952749014},{"step":700.0,"score":1.6,"train_loss":0.0026324992068111897},{"step":800.0,"score":1.8,"train_loss":0.0035726141650229692},{"step":900.0,"score":1.6,"train_loss":0.0017478774534538388},{"step":1000.0,"score":1.8,"train_loss":0.004688578192144632}]','7cf8a3dd290db91fb0ad0565b7ac71d8befc7d848ae5e5b245a0e9c642105fc6',1,1.79581031675618529321e+09,1.79581099486947560312e+09,1.79581119215448260307e+09,0);
INSERT INTO "evaluations" VALUES('ce85c809d3a78baf7bf2a643','g01-04','quick',1,'done',NULL,'','{"val_error":1.8,"params":1866.0}',79.3886318320001,1.06189399999999984909e+01,49.22265625,'[{"step":100.0,"score":8.6,"train_loss":0.2065473198890686},{"step":200.0,"score":4.4,"train_loss":0.13567779958248138},{"step":300.0,"score":7.6,"train_loss":0.08184953778982162},{"step":400.0,"score":3.4,"train_loss":0.0750393494963646},{"step":500.0,"score":2.0,"train_loss":0.10481835901737213},{"step":600.0,"score":4.0,"train_loss":0.045644231140613556},{"step":700.0,"score":2.2,"train_loss":0.08428242802619934},{"step":800.0,"score":1.0,"train_loss":0.038829971104860306},{"step":900.0,"score":1.6,"train_loss":0.023937001824378967},{"step":1000.0,"score":1.8,"train_loss":0.030445260927081108}]','668884352f4a8f6acb06ced58ad70112949bcc017ae5e9a561caebec25da11d3',1,1.79581032176874017718e+09,1.79581119215510916706e+09,1.79581127160342812537e+09,0);
INSERT INTO "evaluations" VALUES('aaf3ccbb077a7c2d86c32f23','g01-05','quick',1,'done',NULL,'','{"val_error":1.2,"params":3340.0}',7.68970707440021215015e+01,1.02834720000000015007e+01,52.625,'[{"step":100.0,"score":4.2,"train_loss":0.14552223682403564},{"step":200.0,"score":2.8,"train_loss":0.12077990174293518},{"step":300.0,"score":4.4,"train_loss":0.07557933777570724},{"step":400.0,"score":1.2,"train_loss":0.05405053496360779},{"step":500.0,"score":2.6,"train_loss":0.09191040694713593},{"step":600.0,"score":4.2,"train_loss":0.02940087579190731},{"step":700.0,"score":2.6,"train_loss":0.043875522911548615},{"step":800.0,"score":2.8,"train_loss":0.04920262470841408},{"step":900.0,"score":1.6,"train_loss":0.013340070843696594},{"step":1000.0,"score":1.2,"train_loss":0.018419241532683372}]','7e06bbaa893f67e49d81a17a70f74a67b5b882b7534933854cc042b4d663a698',1,1.79581682613974571221e+09,1.79581689413964390757e+09,1.79581697104735970495e+09,0);
INSERT INTO "evaluations" VALUES('72ea56e36690d0ad2da1de0d','g01-00','quick',1,'done',NULL,'','{"val_error":12.0,"params":4150.0}',6.79652552980005566487e+01,9.887085,50.140625,'[{"step":100.0,"score":51.0,"train_loss":1.0931209325790405},{"step":200.0,"score":30.2,"train_loss":0.6330065727233887},{"step":300.0,"score":20.2,"train_loss":0.6109340786933899},{"step":400.0,"score":18.4,"train_loss":0.4307404160499573},{"step":500.0,"score":13.6,"train_loss":0.40634801983833313},{"step":600.0,"score":12.8,"train_loss":0.32668569684028625},{"step":700.0,"score":13.2,"train_loss":0.25570183992385864},{"step":800.0,"score":12.4,"train_loss":0.21374252438545227},{"step":900.0,"score":12.2,"train_loss":0.22104446589946747},{"step":1000.0,"score":12.0,"train_loss":0.3203052282333374}]','ba91a778472d2ea941264eee1ebd66e43e6295474e8a364da1b782fe260efd79',1,1.7958168261257145405e+09,1.79581682612572956082e+09,1.79581689413929677014e+09,0);
INSERT INTO "evaluations" VALUES('c8264f308b1883d0cdb193f3','g01-06','quick',1,'done',NULL,'','{"val_error":1.8,"params":1822.0}',1.35809374979002313917e+02,14.583249,65.31640625,'[{"step":100.0,"score":12.8,"train_loss":0.22183716297149658},{"step":200.0,"score":4.4,"train_loss":0.13838613033294678},{"step":300.0,"score":7.4,"train_loss":0.20815406739711761},{"step":400.0,"score":4.4,"train_loss":0.14703045785427094},{"step":500.0,"score":9.4,"train_loss":0.2039499431848526},{"step":600.0,"score":4.8,"train_loss":0.05023447796702385},{"step":700.0,"score":3.4,"train_loss":0.13952915370464325},{"step":800.0,"score":2.6,"train_loss":0.07746993750333786},{"step":900.0,"score":2.8,"train_loss":0.03214752674102783},{"step":1000.0,"score":1.8,"train_loss":0.04650842770934105}]','61e4053cb828d72eabd581f0d6d3c1ffa00e16430c044d128c02cdc52b34f7d7',1,1.79581682614011597627e+09,1.79581697104776239395e+09,1.79581710688745546343e+09,0);
INSERT INTO "evaluations" VALUES('cfecea7dff281ad967b16f6c','g01-08','quick',1,'done',NULL,'','{"val_error":1.4,"params":4234.0}',1.42929162402997462773e+02,15.319773,54.7578125,'[{"step":100.0,"score":16.2,"train_loss":0.3140411078929901},{"step":200.0,"score":6.8,"train_loss":0.13170169293880463},{"step":300.0,"score":8.0,"train_loss":0.07843146473169327},{"step":400.0,"score":6.6,"train_loss":0.09676507860422134},{"step":500.0,"score":3.6,"train_loss":0.16647766530513763},{"step":600.0,"score":10.8,"train_loss":0.05781601369380951},{"step":700.0,"score":3.6,"train_loss":0.1044340431690216},{"step":800.0,"score":3.6,"train_loss":0.03950168192386627},{"step":900.0,"score":1.6,"train_loss":0.01680329255759716},{"step":1000.0,"score":1.4,"train_loss":0.01644626259803772}]','4a61b41789ecbf4ea586b039e9aed5ae4b37a0a50466ec96fbfd457f2217d613',1,1.79581682614046287535e+09,1795817106.88789,1.7958172498673067093e+09,0);
INSERT INTO "evaluations" VALUES('0f2f35f0d134a9d4817d3a0d','g01-09','quick',1,'done',NULL,'','{"val_error":1.6,"params":2210.0}',2.17601004637999722039e+02,2.66440140000000020843e+01,66.67578125,'[{"step":100.0,"score":6.8,"train_loss":0.09428874403238297},{"step":200.0,"score":4.6,"train_loss":0.05144484341144562},{"step":300.0,"score":4.8,"train_loss":0.047786712646484375},{"step":400.0,"score":5.0,"train_loss":0.02173667401075363},{"step":500.0,"score":2.4,"train_loss":0.016830626875162125},{"step":600.0,"score":2.2,"train_loss":0.005072082858532667},{"step":700.0,"score":1.6,"train_loss":0.005877712741494179},{"step":800.0,"score":2.0,"train_loss":0.007033561822026968},{"step":900.0,"score":1.6,"train_loss":0.0035156048834323883},{"step":1000.0,"score":1.6,"train_loss":0.006103001534938812}]','ab2a072a0836c6943c6c39a9615b04f8cdde50408467d84d4a6f14f1ee17756c',1,1.79581682615233302114e+09,1.79581724986765861509e+09,1.79581746751930618286e+09,0);
INSERT INTO "evaluations" VALUES('d6b778755ee21e7b70b5e60a','g01-06','quick',1066473790,'done',NULL,'','{"val_error":3.0,"params":1822.0}',1.62279724929998337757e+02,1.57371620000000014272e+01,65.41015625,'[{"step":100.0,"score":8.0,"train_loss":0.33530327677726746},{"step":200.0,"score":5.0,"train_loss":0.1623060405254364},{"step":300.0,"score":5.6,"train_loss":0.15171527862548828},{"step":400.0,"score":10.4,"train_loss":0.19257386028766632},{"step":500.0,"score":5.6,"train_loss":0.1637600064277649},{"step":600.0,"score":6.8,"train_loss":0.16241858899593353},{"step":700.0,"score":6.4,"train_loss":0.07915438711643219},{"step":800.0,"score":5.0,"train_loss":0.06652679294347763},{"step":900.0,"score":4.4,"train_loss":0.053350601345300674},{"step":1000.0,"score":3.0,"train_loss":0.04087652266025543}]','',2,1.79581746866437482832e+09,1.79581746866439533232e+09,1.79581763409384584425e+09,0);
INSERT INTO "evaluations" VALUES('2ab522a3c991ba14fb98e5cf','g01-06','quick',199149998,'done',NULL,'','{"val_error":1.6,"params":1822.0}',1.8437909938099983265e+02,15.034247,65.3984375,'[{"step":100.0,"score":8.6,"train_loss":0.41464683413505554},{"step":200.0,"score":5.4,"train_loss":0.14532412588596344},{"step":300.0,"score":5.4,"train_loss":0.09480393677949905},{"step":400.0,"score":4.4,"train_loss":0.14335183799266815},{"step":500.0,"score":5.4,"train_loss":0.1501341462135315},{"step":600.0,"score":4.2,"train_loss":0.1365993469953537},{"step":700.0,"score":3.0,"train_loss":0.1391429901123047},{"step":800.0,"score":3.2,"train_loss":0.10944107174873352},{"step":900.0,"score":2.2,"train_loss":0.049553681164979935},{"step":1000.0,"score":1.6,"train_loss":0.053878359496593475}]','',2,1.7958174687236361503e+09,1.79581763415949201582e+09,1.79581781870155835151e+09,0);
INSERT INTO "evaluations" VALUES('b9aa6d13338701c0a62d3433','g02-02','quick',1,'done',NULL,'','{"val_error":1.2,"params":1690.0}',3.07146337068999855548e+02,28.014688,65.2734375,'[{"step":100.0,"score":14.8,"train_loss":0.22467443346977234},{"step":200.0,"score":7.0,"train_loss":0.1654643714427948},{"step":300.0,"score":10.2,"train_loss":0.12225925177335739},{"step":400.0,"score":5.2,"train_loss":0.07653846591711044},{"step":500.0,"score":4.0,"train_loss":0.09125109761953354},{"step":600.0,"score":4.0,"train_loss":0.03384559974074364},{"step":700.0,"score":3.0,"train_loss":0.05305228382349014},{"step":800.0,"score":2.2,"train_loss":0.023478176444768906},{"step":900.0,"score":1.6,"train_loss":0.014211543835699558},{"step":1000.0,"score":1.2,"train_loss":0.024642199277877808}]','ac094830373b8f8ad85ee448a25256b9fe1a40301eb15da87b6b32affba92ceb',2,1.79581768668217110632e+09,1.79581781875828242305e+09,1.79581813539141178131e+09,0);
INSERT INTO "evaluations" VALUES('4f820080c425de6b88a2e963','g02-03','quick',1,'done',NULL,'','{"val_error":2.6,"params":1210.0}',2.89099273716001334841e+02,38.980805,71.94140625,'[{"step":100.0,"score":18.4,"train_loss":0.30791759490966797},{"step":200.0,"score":6.6,"train_loss":0.23885416984558105},{"step":300.0,"score":7.2,"train_loss":0.2067849487066269},{"step":400.0,"score":3.6,"train_loss":0.09418302029371262},{"step":500.0,"score":4.4,"train_loss":0.08284847438335419},{"step":600.0,"score":2.0,"train_loss":0.0238129124045372},{"step":700.0,"score":3.0,"train_loss":0.035921361297369},{"step":800.0,"score":2.8,"train_loss":0.02265331521630287},{"step":900.0,"score":2.4,"train_loss":0.00949521828442812},{"step":1000.0,"score":2.6,"train_loss":0.0182016734033823}]','057a1d21d3fe02dd401134bafe729bca1fda6be15ab26aceb8dc9395f6fcdc28',2,1.79581769117677903175e+09,1.79581813539202523235e+09,1.79581842455023431778e+09,0);
INSERT INTO "evaluations" VALUES('4154a32113fcf4885415238b','g02-01','quick',1,'done',NULL,'','{"val_error":4.2,"params":1650.0}',1.01528519226001662895e+02,16.144811,63.16796875,'[{"step":100.0,"score":12.2,"train_loss":0.37577882409095764},{"step":200.0,"score":7.4,"train_loss":0.2977246046066284},{"step":300.0,"score":13.0,"train_loss":0.2839869260787964},{"step":400.0,"score":7.2,"train_loss":0.21856370568275452},{"step":500.0,"score":6.8,"train_loss":0.10450275242328644},{"step":600.0,"score":5.8,"train_loss":0.051484886556863785},{"step":700.0,"score":4.4,"train_loss":0.07712040096521378},{"step":800.0,"score":4.6,"train_loss":0.04187745600938797},{"step":900.0,"score":4.2,"train_loss":0.018366407603025436},{"step":1000.0,"score":4.2,"train_loss":0.04681728780269623}]','01be4cfb0038d8d76a52c490202a1c9ef1b873dfd9f1e430fdf7dbc47b34d70e',2,1.79581771730028796193e+09,1.7958184245509431362e+09,1.7958185261552662849e+09,0);
INSERT INTO "evaluations" VALUES('a4fba44ecb200e007376b20b','g02-05','quick',1,'done',NULL,'','{"val_error":3.4,"params":1530.0}',1.41490378047998092373e+02,2.4858689000000001811e+01,58.1796875,'[{"step":100.0,"score":15.4,"train_loss":0.4271584451198578},{"step":200.0,"score":9.0,"train_loss":0.29636767506599426},{"step":300.0,"score":11.8,"train_loss":0.319665789604187},{"step":400.0,"score":7.4,"train_loss":0.26338860392570496},{"step":500.0,"score":9.0,"train_loss":0.2860659956932068},{"step":600.0,"score":9.6,"train_loss":0.11295672506093979},{"step":700.0,"score":7.0,"train_loss":0.21248261630535126},{"step":800.0,"score":6.4,"train_loss":0.12295971065759659},{"step":900.0,"score":5.2,"train_loss":0.05235493183135986},{"step":1000.0,"score":3.4,"train_loss":0.07583880424499512}]','ba672a80ca60f6bf3b04f44d2af93d9c58f553aea666e7369db3078189687e3c',2,1.79581778522903203962e+09,1.79581852615610480308e+09,1.79581866765185880659e+09,0);
INSERT INTO "evaluations" VALUES('e2ea122962b58437a7a60bab','g02-06','quick',1,'done',NULL,'','{"val_error":1.4,"params":1256.0}',142.220950971001,25.046262,55.8046875,'[{"step":100.0,"score":13.8,"train_loss":0.4333008825778961},{"step":200.0,"score":5.2,"train_loss":0.2155030071735382},{"step":300.0,"score":12.4,"train_loss":0.1731969714164734},{"step":400.0,"score":7.8,"train_loss":0.15131638944149017},{"step":500.0,"score":5.8,"train_loss":0.15861845016479492},{"step":600.0,"score":5.2,"train_loss":0.07002273201942444},{"step":700.0,"score":4.4,"train_loss":0.10423383116722107},{"step":800.0,"score":3.6,"train_loss":0.11568766087293625},{"step":900.0,"score":1.8,"train_loss":0.05680814012885094},{"step":1000.0,"score":1.4,"train_loss":0.05182339623570442}]','49cece3f3dce9fce97c9e32f84d0f7a79d10239b519168d83f7b5530c631a512',2,1.79581792611882638931e+09,1.79581866765229701998e+09,1795818809.89589,0);
INSERT INTO "evaluations" VALUES('b3c41504d54905c995175f83','g02-04','quick',1,'done',NULL,'','{"val_error":2.0,"params":1494.0}',5.2422666767997725401e+01,9.40009600000000133945e+00,47.9453125,'[{"step":100.0,"score":8.8,"train_loss":0.19190038740634918},{"step":200.0,"score":3.6,"train_loss":0.10812950134277344},{"step":300.0,"score":7.0,"train_loss":0.11990473419427872},{"step":400.0,"score":4.4,"train_loss":0.04597189649939537},{"step":500.0,"score":2.0,"train_loss":0.045509401708841324},{"step":600.0,"score":3.8,"train_loss":0.05483632534742355},{"step":700.0,"score":2.6,"train_loss":0.036286965012550354},{"step":800.0,"score":1.6,"train_loss":0.011517651379108429},{"step":900.0,"score":1.8,"train_loss":0.01507475133985281},{"step":1000.0,"score":2.0,"train_loss":0.01753818616271019}]','7405d1a6b1b1e508be791f374539e550c92902153935df69c0452bfff0b9715f',2,1.79581837825704741483e+09,1.79581880989661026005e+09,1.79581886232510256774e+09,0);
INSERT INTO "evaluations" VALUES('c1af5a307c1135890fb2fc9a','g02-00','quick',1,'done',NULL,'','{"val_error":2.8,"params":1190.0}',2.85779303327002708115e+02,4.84046959999999941697e+01,80.22265625,'[{"step":100.0,"score":12.2,"train_loss":0.44227343797683716},{"step":200.0,"score":8.4,"train_loss":0.2589019238948822},{"step":300.0,"score":5.2,"train_loss":0.18974627554416656},{"step":400.0,"score":5.8,"train_loss":0.18822020292282104},{"step":500.0,"score":9.4,"train_loss":0.11528787761926651},{"step":600.0,"score":5.0,"train_loss":0.11847485601902008},{"step":700.0,"score":7.8,"train_loss":0.12153390049934387},{"step":800.0,"score":11.8,"train_loss":0.0836602970957756},{"step":900.0,"score":2.2,"train_loss":0.040870193392038345},{"step":1000.0,"score":2.8,"train_loss":0.057029131799936295}]','3c0f9140ddd8e77cd15bbd1e9c3c3697503cffe46d5a7ebd1cb89833c0168920',2,1.79581842733374428752e+09,1.79581886232543468475e+09,1.79581914812011909487e+09,0);
INSERT INTO "evaluations" VALUES('377c2a8ac89d369e9d7546ab','g02-09','quick',1,'done',NULL,'','{"val_error":4.4,"params":1018.0}',2.20698222025999712058e+02,3.61447609999999954757e+01,70.4765625,'[{"step":100.0,"score":19.4,"train_loss":0.4249645471572876},{"step":200.0,"score":10.6,"train_loss":0.2666564881801605},{"step":300.0,"score":9.2,"train_loss":0.2101043164730072},{"step":400.0,"score":7.4,"train_loss":0.14443843066692352},{"step":500.0,"score":7.0,"train_loss":0.205392986536026},{"step":600.0,"score":6.6,"train_loss":0.06175810098648071},{"step":700.0,"score":6.2,"train_loss":0.11849600821733475},{"step":800.0,"score":4.8,"train_loss":0.06717180460691452},{"step":900.0,"score":5.0,"train_loss":0.05454695224761963},{"step":1000.0,"score":4.4,"train_loss":0.06630443781614304}]','17449fd04fc455a154b0bb0871093265af2319ded900b7f57f290b02b25a679d',2,1.79581870361798477176e+09,1.79581914812058043482e+09,1.7958193688299646378e+09,0);
INSERT INTO "evaluations" VALUES('a45df23b9e60eb39c42b0f9e','g02-07','quick',1,'done',NULL,'','{"val_error":3.6,"params":1738.0}',1.94098396248002245554e+02,2.76731560000000023072e+01,63.4296875,'[{"step":100.0,"score":22.6,"train_loss":0.5316343903541565},{"step":200.0,"score":12.2,"train_loss":0.27549058198928833},{"step":300.0,"score":12.0,"train_loss":0.2576095163822174},{"step":400.0,"score":11.4,"train_loss":0.14096319675445557},{"step":500.0,"score":8.2,"train_loss":0.23227861523628235},{"step":600.0,"score":6.0,"train_loss":0.09770089387893677},{"step":700.0,"score":6.2,"train_loss":0.058222439140081406},{"step":800.0,"score":5.2,"train_loss":0.05156739056110382},{"step":900.0,"score":4.0,"train_loss":0.020400086417794228},{"step":1000.0,"score":3.6,"train_loss":0.0342622846364975}]','f2570ca2dc2f5c2b8e16acaa2ff915e6d2dfa8408d91626482642c3971bdddc3',2,1.79581876978410601621e+09,1.79581936883070492744e+09,1.7958195629754340649e+09,0);
INSERT INTO "evaluations" VALUES('5596fff03bf5688caf00b983','g02-08','quick',1,'done',NULL,'','{"val_error":2.0,"params":1546.0}',2.25369138699999894005e+02,31.687428,61.7578125,'[{"step":100.0,"score":13.4,"train_loss":0.3714941143989563},{"step":200.0,"score":9.0,"train_loss":0.16967859864234924},{"step":300.0,"score":9.0,"train_loss":0.11217368394136429},{"step":400.0,"score":6.2,"train_loss":0.13760803639888763},{"step":500.0,"score":4.2,"train_loss":0.14940552413463593},{"step":600.0,"score":10.6,"train_loss":0.07800321280956268},{"step":700.0,"score":6.8,"train_loss":0.14126336574554443},{"step":800.0,"score":4.2,"train_loss":0.06223978102207184},{"step":900.0,"score":3.0,"train_loss":0.024504926055669785},{"step":1000.0,"score":2.0,"train_loss":0.02470759116113186}]','0b57a2589e45afc26b69b1c21242a3c022c738ee6027e185590b6011c1f2b2f6',2,1.79581889654431056972e+09,1.7958195629764361382e+09,1.79581978840125966075e+09,0);
INSERT INTO "evaluations" VALUES('22f8379cb23c59b41420f9ec','g02-00','quick',1066473790,'done',NULL,'','{"val_error":2.0,"params":1190.0}',3.82007909293002740009e+02,42.680721,81.921875,'[{"step":100.0,"score":12.2,"train_loss":0.5095847845077515},{"step":200.0,"score":7.6,"train_loss":0.2058761566877365},{"step":300.0,"score":7.8,"train_loss":0.21536540985107422},{"step":400.0,"score":17.2,"train_loss":0.17710460722446442},{"step":500.0,"score":11.0,"train_loss":0.17568112909793854},{"step":600.0,"score":9.2,"train_loss":0.13086245954036713},{"step":700.0,"score":5.0,"train_loss":0.0843842402100563},{"step":800.0,"score":7.6,"train_loss":0.13985081017017365},{"step":900.0,"score":2.8,"train_loss":0.051426079124212265},{"step":1000.0,"score":2.0,"train_loss":0.04267098382115364}]','',3,1.79581978881603479382e+09,1.79581978881605196004e+09,1.79582017084335041046e+09,0);
INSERT INTO "evaluations" VALUES('0a50c90c48f7a21b395ad6d8','g02-00','quick',199149998,'done',NULL,'','{"val_error":1.4,"params":1190.0}',3.41931364160998782606e+02,47.434774,82.08984375,'[{"step":100.0,"score":12.8,"train_loss":0.4848051965236664},{"step":200.0,"score":8.4,"train_loss":0.2224293202161789},{"step":300.0,"score":12.4,"train_loss":0.1179613247513771},{"step":400.0,"score":5.0,"train_loss":0.1709519922733307},{"step":500.0,"score":4.8,"train_loss":0.20799654722213745},{"step":600.0,"score":6.4,"train_loss":0.143241286277771},{"step":700.0,"score":5.8,"train_loss":0.13101758062839508},{"step":800.0,"score":3.4,"train_loss":0.10876324772834778},{"step":900.0,"score":2.6,"train_loss":0.05769582465291023},{"step":1000.0,"score":1.4,"train_loss":0.055298008024692535}]','',3,1.79581978881866264341e+09,1.79582017084744811064e+09,1.79582055871126675603e+09,0);
INSERT INTO "evaluations" VALUES('019f03ec3a46622685188b39','g02-02','quick',1066473790,'done',NULL,'','{"val_error":1.0,"params":1690.0}',1.27427113642996118873e+02,22.649636,64.2109375,'[{"step":100.0,"score":6.0,"train_loss":0.27303314208984375},{"step":200.0,"score":6.6,"train_loss":0.10647403448820114},{"step":300.0,"score":5.8,"train_loss":0.06712234765291214},{"step":400.0,"score":7.8,"train_loss":0.0915476456284523},{"step":500.0,"score":2.6,"train_loss":0.05529092624783516},{"step":600.0,"score":3.0,"train_loss":0.03812839835882187},{"step":700.0,"score":2.2,"train_loss":0.05243656039237976},{"step":800.0,"score":3.0,"train_loss":0.04524283483624458},{"step":900.0,"score":1.8,"train_loss":0.012193039059638977},{"step":1000.0,"score":1.0,"train_loss":0.017348485067486763}]','',4,1.79582244476424717901e+09,1.79582376405923485758e+09,1.79582389161654400831e+09,0);
CREATE TABLE events (number INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE evidence (
            child TEXT NOT NULL REFERENCES candidates (id), parent TEXT NOT NULL REFERENCES candidates (id),
            generation INTEGER NOT NULL, operator TEXT NOT NULL, segment TEXT, intent TEXT, persona TEXT,
            diff TEXT NOT NULL, PRIMARY KEY (child, parent));
INSERT INTO "evidence" VALUES('g01-00','seed',1,'mutate',NULL,'tune_boldly','contrarian','=== segment stem
@@ -4,5 +4,5 @@
     def __init__(self):
         super().__init__()
-        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
+        self.conv = nn.Conv1d(1, 24, kernel_size=11, stride=1, padding=5)
         self.act = nn.ReLU()
 
=== segment body
@@ -4,9 +4,9 @@
     def __init__(self, channels):
         super().__init__()
-        width = 25
+        width = 18
         self.layers = nn.Sequential(
             nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1),
             nn.ReLU(),
-            nn.Conv1d(width, width, kernel_size=3, stride=2, padding=1),
+            nn.Conv1d(width, width, kernel_size=5, stride=4, padding=2),
             nn.ReLU(),
         )
=== segment optimiser
@@ -2,5 +2,5 @@
     """Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps."""
     optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)
-    tail = 0.3 * steps  # the rate falls to zero over the last steps
+    tail = 0.8 * steps  # the rate falls to zero over most of the run
     scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))
     return optimizer, scheduler
');
INSERT INTO "evidence" VALUES('g01-01','seed',1,'mutate',NULL,'tune_boldly','reviewer','=== segment stem
@@ -4,5 +4,5 @@
     def __init__(self):
         super().__init__()
-        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
+        self.conv = nn.Conv1d(1, 20, kernel_size=5, stride=1, padding=2)
         self.act = nn.ReLU()
 
=== segment body
@@ -4,9 +4,9 @@
     def __init__(self, channels):
         super().__init__()
-        width = 25
+        width = 20
         self.layers = nn.Sequential(
-            nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1),
+            nn.Conv1d(channels, width, kernel_size=5, stride=2, padding=2),
             nn.ReLU(),
-            nn.Conv1d(width, width, kernel_size=3, stride=2, padding=1),
+            nn.Conv1d(width, width, kernel_size=5, stride=2, padding=2),
             nn.ReLU(),
         )
=== segment head
@@ -4,7 +4,6 @@
     def __init__(self, channels, length, classes):
         super().__init__()
-        self.flatten = nn.Flatten()
-        self.linear = nn.Linear(channels * length, classes)
+        self.linear = nn.Linear(2 * channels, classes)
 
     def forward(self, x):
-        return self.linear(self.flatten(x))
+        return self.linear(torch.cat([x.amax(dim=-1), x.mean(dim=-1)], dim=1))
');
INSERT INTO "evidence" VALUES('g01-02','seed',1,'mutate',NULL,'free','reviewer','=== segment stem
@@ -4,7 +4,8 @@
     def __init__(self):
         super().__init__()
-        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
+        self.conv = nn.Conv1d(1, 16, kernel_size=5, padding=2, padding_mode="circular", bias=False)
+        self.norm = nn.BatchNorm1d(16)
         self.act = nn.ReLU()
 
     def forward(self, x):
-        return self.act(self.conv(x))
+        return self.act(self.norm(self.conv(x)))
=== segment body
@@ -1,2 +1,11 @@
+def _block(before, after):
+    """Circular convolution, norm and rectifier; the length stays."""
+    return nn.Sequential(
+        nn.Conv1d(before, after, kernel_size=3, padding=1, padding_mode="circular", bias=False),
+        nn.BatchNorm1d(after),
+        nn.ReLU(),
+    )
+
+
 class Body(nn.Module):
     """First features (N, channels, length) to deep features (N, channels'', length'')."""
@@ -4,10 +13,10 @@
     def __init__(self, channels):
         super().__init__()
-        width = 25
+        width = 16
         self.layers = nn.Sequential(
-            nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1),
-            nn.ReLU(),
-            nn.Conv1d(width, width, kernel_size=3, stride=2, padding=1),
-            nn.ReLU(),
+            _block(channels, width),
+            nn.MaxPool1d(2),
+            _block(width, width),
+            _block(width, width),
         )
 
=== segment head
@@ -4,7 +4,6 @@
     def __init__(self, channels, length, classes):
         super().__init__()
-        self.flatten = nn.Flatten()
-        self.linear = nn.Linear(channels * length, classes)
+        self.linear = nn.Linear(2 * channels, classes)
 
     def forward(self, x):
-        return self.linear(self.flatten(x))
+        return self.linear(torch.cat([x.mean(dim=2), x.amax(dim=2)], dim=1))
');
INSERT INTO "evidence" VALUES('g01-03','seed',1,'mutate',NULL,'free','optimiser','=== segment stem
@@ -4,7 +4,8 @@
     def __init__(self):
         super().__init__()
-        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
+        self.conv = nn.Conv1d(1, 20, kernel_size=5, padding=2, bias=False)
+        self.norm = nn.BatchNorm1d(20)
         self.act = nn.ReLU()
 
     def forward(self, x):
-        return self.act(self.conv(x))
+        return self.act(self.norm(self.conv(x)))
=== segment body
@@ -1,2 +1,16 @@
+class Block(nn.Module):
+    """Convolution, norm and ReLU, with a residual path where the shape stays."""
+
+    def __init__(self, inputs, outputs, stride):
+        super().__init__()
+        self.residual = stride == 1 and inputs == outputs
+        self.conv = nn.Conv1d(inputs, outputs, kernel_size=3, stride=stride, padding=1, bias=False)
+        self.norm = nn.BatchNorm1d(outputs)
+
+    def forward(self, x):
+        y = torch.relu(self.norm(self.conv(x)))
+        return x + y if self.residual else y
+
+
 class Body(nn.Module):
     """First features (N, channels, length) to deep features (N, channels'', length'')."""
@@ -4,10 +18,9 @@
     def __init__(self, channels):
         super().__init__()
-        width = 25
+        width = 20
         self.layers = nn.Sequential(
-            nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1),
-            nn.ReLU(),
-            nn.Conv1d(width, width, kernel_size=3, stride=2, padding=1),
-            nn.ReLU(),
+            Block(channels, width, stride=2),
+            Block(width, width, stride=1),
+            Block(width, width, stride=2),
         )
 
=== segment head
@@ -4,7 +4,6 @@
     def __init__(self, channels, length, classes):
         super().__init__()
-        self.flatten = nn.Flatten()
-        self.linear = nn.Linear(channels * length, classes)
+        self.linear = nn.Linear(2 * channels, classes)
 
     def forward(self, x):
-        return self.linear(self.flatten(x))
+        return self.linear(torch.cat((x.mean(dim=2), x.amax(dim=2)), dim=1))
=== segment optimiser
@@ -1,6 +1,11 @@
 def build_optimizer(model, steps):
     """Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps."""
-    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)
-    tail = 0.3 * steps  # the rate falls to zero over the last steps
-    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))
+    weights = [p for p in model.parameters() if p.dim() > 1]
+    others = [p for p in model.parameters() if p.dim() <= 1]
+    groups = [dict(params=weights, weight_decay=0.1), dict(params=others, weight_decay=0.0)]
+    optimizer = torch.optim.AdamW(groups, lr=0.015, foreach=True)
+    warm = max(1.0, 0.05 * steps)  # a short rise, then a straight line to zero
+    scheduler = torch.optim.lr_scheduler.LambdaLR(
+        optimizer, lambda step: min((step + 1) / warm, max(0.0, (steps - step) / (steps - warm + 1e-9)))
+    )
     return optimizer, scheduler
');
INSERT INTO "evidence" VALUES('g01-04','seed',1,'mutate',NULL,'free','minimalist','=== segment stem
@@ -4,5 +4,5 @@
     def __init__(self):
         super().__init__()
-        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
+        self.conv = nn.Conv1d(1, 16, kernel_size=5, stride=2, padding=1)
         self.act = nn.ReLU()
 
=== segment body
@@ -1,14 +1,12 @@
 class Body(nn.Module):
-    """First features (N, channels, length) to deep features (N, channels'', length'')."""
+    """First features (N, channels, length) to deep features of the same shape."""
 
     def __init__(self, channels):
         super().__init__()
-        width = 25
-        self.layers = nn.Sequential(
-            nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1),
-            nn.ReLU(),
-            nn.Conv1d(width, width, kernel_size=3, stride=2, padding=1),
-            nn.ReLU(),
-        )
+        self.layers = nn.Sequential()
+        for _ in range(2):
+            self.layers.append(nn.Conv1d(channels, channels, kernel_size=3, padding=1, bias=False))
+            self.layers.append(nn.BatchNorm1d(channels))
+            self.layers.append(nn.ReLU())
 
     def forward(self, x):
=== segment head
@@ -4,7 +4,6 @@
     def __init__(self, channels, length, classes):
         super().__init__()
-        self.flatten = nn.Flatten()
-        self.linear = nn.Linear(channels * length, classes)
+        self.linear = nn.Linear(channels, classes)
 
     def forward(self, x):
-        return self.linear(self.flatten(x))
+        return self.linear(x.amax(dim=-1))
');
INSERT INTO "evidence" VALUES('g01-05','seed',1,'mutate',NULL,'restructure','contrarian','=== segment body
@@ -1,12 +1,14 @@
 class Body(nn.Module):
-    """First features (N, channels, length) to deep features (N, channels'', length'')."""
+    """First features (N, channels, length) to deep features (N, channels'', length''), without any stride."""
 
     def __init__(self, channels):
         super().__init__()
-        width = 25
+        width = 20
         self.layers = nn.Sequential(
-            nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1),
+            nn.Conv1d(channels, width, kernel_size=3, padding=1, bias=False),
+            nn.BatchNorm1d(width),
             nn.ReLU(),
-            nn.Conv1d(width, width, kernel_size=3, stride=2, padding=1),
+            nn.Conv1d(width, width, kernel_size=3, padding=2, dilation=2, bias=False),
+            nn.BatchNorm1d(width),
             nn.ReLU(),
         )
=== segment head
@@ -1,10 +1,9 @@
 class Head(nn.Module):
-    """Deep features (N, channels, length) to class scores (N, classes)."""
+    """Deep features (N, channels, length) to class scores (N, classes), blind to the place."""
 
     def __init__(self, channels, length, classes):
         super().__init__()
-        self.flatten = nn.Flatten()
-        self.linear = nn.Linear(channels * length, classes)
+        self.linear = nn.Linear(2 * channels, classes)
 
     def forward(self, x):
-        return self.linear(self.flatten(x))
+        return self.linear(torch.cat([x.amax(dim=2), x.mean(dim=2)], dim=1))
');
INSERT INTO "evidence" VALUES('g01-06','seed',1,'mutate',NULL,'shrink','contrarian','=== segment stem
@@ -1,10 +1,12 @@
 class Stem(nn.Module):
-    """Signal (N, 1, 40) to first features (N, channels, length)."""
+    """Signal (N, 1, 40) to first features (N, channels, length), at full resolution."""
 
     def __init__(self):
         super().__init__()
-        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
+        width = 12
+        self.conv = nn.Conv1d(1, width, kernel_size=5, padding=2, padding_mode="circular", bias=False)
+        self.norm = nn.BatchNorm1d(width)
         self.act = nn.ReLU()
 
     def forward(self, x):
-        return self.act(self.conv(x))
+        return self.act(self.norm(self.conv(x)))
=== segment body
@@ -1,15 +1,18 @@
 class Body(nn.Module):
-    """First features (N, channels, length) to deep features (N, channels'', length'')."""
+    """First features (N, channels, length) to position-free features (N, channels'', 1)."""
 
     def __init__(self, channels):
         super().__init__()
-        width = 25
+        width = 16
         self.layers = nn.Sequential(
-            nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1),
+            nn.Conv1d(channels, width, kernel_size=3, padding=2, dilation=2, padding_mode="circular", bias=False),
+            nn.BatchNorm1d(width),
             nn.ReLU(),
-            nn.Conv1d(width, width, kernel_size=3, stride=2, padding=1),
+            nn.Conv1d(width, width, kernel_size=3, padding=3, dilation=3, padding_mode="circular", bias=False),
+            nn.BatchNorm1d(width),
             nn.ReLU(),
         )
 
     def forward(self, x):
-        return self.layers(x)
+        x = self.layers(x)
+        return torch.cat([x.mean(dim=2, keepdim=True), x.amax(dim=2, keepdim=True)], dim=1)
');
INSERT INTO "evidence" VALUES('g01-07','seed',1,'mutate',NULL,'shrink','statistician','=== segment body
@@ -1,13 +1,30 @@
+class Separable(nn.Module):
+    """Circular depthwise convolution, channel mixing and BatchNorm; a residual path where the width stays."""
+
+    def __init__(self, channels, width, dilation):
+        super().__init__()
+        self.depthwise = nn.Conv1d(
+            channels, channels, kernel_size=5, dilation=dilation, padding=2 * dilation,
+            padding_mode="circular", groups=channels, bias=False,
+        )
+        self.mix = nn.Conv1d(channels, width, kernel_size=1, bias=False)
+        self.norm = nn.BatchNorm1d(width)
+        self.skip = channels == width
+
+    def forward(self, x):
+        y = self.norm(self.mix(self.depthwise(x)))
+        return torch.relu(x + y if self.skip else y)
+
+
 class Body(nn.Module):
-    """First features (N, channels, length) to deep features (N, channels'', length'')."""
+    """First features (N, channels, length) to deep features (N, width, length)."""
 
     def __init__(self, channels):
         super().__init__()
-        width = 25
+        width = 20
         self.layers = nn.Sequential(
-            nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1),
-            nn.ReLU(),
-            nn.Conv1d(width, width, kernel_size=3, stride=2, padding=1),
-            nn.ReLU(),
+            Separable(channels, width, dilation=1),
+            Separable(width, width, dilation=1),
+            Separable(width, width, dilation=2),
         )
 
=== segment head
@@ -1,10 +1,9 @@
 class Head(nn.Module):
-    """Deep features (N, channels, length) to class scores (N, classes)."""
+    """Deep features (N, channels, length) to class scores (N, classes), from maximum and mean over position."""
 
     def __init__(self, channels, length, classes):
         super().__init__()
-        self.flatten = nn.Flatten()
-        self.linear = nn.Linear(channels * length, classes)
+        self.linear = nn.Linear(2 * channels, classes)
 
     def forward(self, x):
-        return self.linear(self.flatten(x))
+        return self.linear(torch.cat([x.amax(dim=-1), x.mean(dim=-1)], dim=1))
');
INSERT INTO "evidence" VALUES('g01-08','seed',1,'mutate',NULL,'free','signal','=== segment stem
@@ -1,10 +1,13 @@
 class Stem(nn.Module):
-    """Signal (N, 1, 40) to first features (N, channels, length)."""
+    """Signal (N, 1, 40) to first features (N, 16, 20): circular filters, smoothed before subsampling."""
 
     def __init__(self):
         super().__init__()
-        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
+        width = 16
+        self.conv = nn.Conv1d(1, width, kernel_size=7, padding=3, padding_mode="circular", bias=False)
+        self.norm = nn.BatchNorm1d(width)
         self.act = nn.ReLU()
+        self.smooth = nn.AvgPool1d(2)
 
     def forward(self, x):
-        return self.act(self.conv(x))
+        return self.smooth(self.act(self.norm(self.conv(x))))
=== segment body
@@ -1,15 +1,19 @@
 class Body(nn.Module):
-    """First features (N, channels, length) to deep features (N, channels'', length'')."""
+    """First features (N, channels, length) to shift-invariant features (N, 2 * width, 1)."""
 
     def __init__(self, channels):
         super().__init__()
-        width = 25
+        width = 20
         self.layers = nn.Sequential(
-            nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1),
+            nn.Conv1d(channels, width, kernel_size=5, padding=2, padding_mode="circular", bias=False),
+            nn.BatchNorm1d(width),
             nn.ReLU(),
-            nn.Conv1d(width, width, kernel_size=3, stride=2, padding=1),
+            nn.AvgPool1d(2),
+            nn.Conv1d(width, width, kernel_size=5, padding=2, padding_mode="circular", bias=False),
+            nn.BatchNorm1d(width),
             nn.ReLU(),
         )
 
     def forward(self, x):
-        return self.layers(x)
+        x = self.layers(x)
+        return torch.cat([x.amax(dim=2, keepdim=True), x.mean(dim=2, keepdim=True)], dim=1)
');
INSERT INTO "evidence" VALUES('g01-09','seed',1,'mutate',NULL,'free','statistician','=== segment stem
@@ -4,7 +4,7 @@
     def __init__(self):
         super().__init__()
-        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
-        self.act = nn.ReLU()
+        self.conv = nn.Conv1d(1, 20, kernel_size=7, padding=3, bias=False)
+        self.norm = nn.BatchNorm1d(20)
 
     def forward(self, x):
-        return self.act(self.conv(x))
+        return torch.relu(self.norm(self.conv(x)))
=== segment body
@@ -1,2 +1,15 @@
+class Separable(nn.Module):
+    """Residual block: a filter per channel, a mixing of the channels, a norm."""
+
+    def __init__(self, width):
+        super().__init__()
+        self.filter = nn.Conv1d(width, width, kernel_size=5, padding=2, groups=width, bias=False)
+        self.mix = nn.Conv1d(width, width, kernel_size=1, bias=False)
+        self.norm = nn.BatchNorm1d(width)
+
+    def forward(self, x):
+        return torch.relu(x + self.norm(self.mix(self.filter(x))))
+
+
 class Body(nn.Module):
     """First features (N, channels, length) to deep features (N, channels'', length'')."""
@@ -4,10 +17,9 @@
     def __init__(self, channels):
         super().__init__()
-        width = 25
         self.layers = nn.Sequential(
-            nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1),
-            nn.ReLU(),
-            nn.Conv1d(width, width, kernel_size=3, stride=2, padding=1),
-            nn.ReLU(),
+            Separable(channels),
+            nn.MaxPool1d(2),
+            Separable(channels),
+            Separable(channels),
         )
 
=== segment head
@@ -1,10 +1,9 @@
 class Head(nn.Module):
-    """Deep features (N, channels, length) to class scores (N, classes)."""
+    """Deep features (N, channels, length) to class scores (N, classes), by their mean and maximum over time."""
 
     def __init__(self, channels, length, classes):
         super().__init__()
-        self.flatten = nn.Flatten()
-        self.linear = nn.Linear(channels * length, classes)
+        self.linear = nn.Linear(2 * channels, classes)
 
     def forward(self, x):
-        return self.linear(self.flatten(x))
+        return self.linear(torch.cat([x.mean(dim=2), x.amax(dim=2)], dim=1))
=== segment optimiser
@@ -1,6 +1,17 @@
+import math
+
+
 def build_optimizer(model, steps):
     """Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps."""
-    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)
-    tail = 0.3 * steps  # the rate falls to zero over the last steps
-    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))
-    return optimizer, scheduler
+    weights = [p for p in model.parameters() if p.dim() > 1]
+    others = [p for p in model.parameters() if p.dim() <= 1]
+    groups = [{"params": weights, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
+    optimizer = torch.optim.AdamW(groups, lr=0.015, foreach=True)
+    warm = max(1, round(0.05 * steps))
+
+    def rate(step):
+        if step < warm:
+            return (step + 1) / warm
+        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm) / max(1, steps - warm))))
+
+    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
');
INSERT INTO "evidence" VALUES('g02-00','g01-06',2,'mutate',NULL,'surprise','geometer','=== segment stem
@@ -4,5 +4,5 @@
     def __init__(self):
         super().__init__()
-        width = 12
+        width = 20
         self.conv = nn.Conv1d(1, width, kernel_size=5, padding=2, padding_mode="circular", bias=False)
         self.norm = nn.BatchNorm1d(width)
=== segment body
@@ -1,18 +1,24 @@
 class Body(nn.Module):
-    """First features (N, channels, length) to position-free features (N, channels'', 1)."""
+    """First features (N, channels, length) to position-free features (N, channels, 1)."""
 
     def __init__(self, channels):
         super().__init__()
-        width = 16
-        self.layers = nn.Sequential(
-            nn.Conv1d(channels, width, kernel_size=3, padding=2, dilation=2, padding_mode="circular", bias=False),
-            nn.BatchNorm1d(width),
-            nn.ReLU(),
-            nn.Conv1d(width, width, kernel_size=3, padding=3, dilation=3, padding_mode="circular", bias=False),
-            nn.BatchNorm1d(width),
-            nn.ReLU(),
+        dilations = (1, 1, 2)
+        self.mix = nn.Conv1d(channels, channels, kernel_size=1, bias=False)  # one mixing for all three steps
+        self.filters = nn.ModuleList(
+            nn.Conv1d(
+                channels, channels, kernel_size=5, padding=2 * d, dilation=d,
+                padding_mode="circular", groups=channels, bias=False,
+            )
+            for d in dilations
         )
+        self.norms = nn.ModuleList(nn.BatchNorm1d(channels) for _ in dilations)
+        self.log_sharpness = nn.Parameter(torch.ones(channels, 1))
 
     def forward(self, x):
-        x = self.layers(x)
-        return torch.cat([x.mean(dim=2, keepdim=True), x.amax(dim=2, keepdim=True)], dim=1)
+        for taps, norm in zip(self.filters, self.norms):
+            x = torch.relu(x + norm(self.mix(taps(x))))
+        sharpness = self.log_sharpness.exp()
+        scaled = sharpness * x
+        peak = scaled.amax(dim=2, keepdim=True)
+        return (peak + (scaled - peak).exp().mean(dim=2, keepdim=True).log()) / sharpness
');
INSERT INTO "evidence" VALUES('g02-01','g01-06',2,'mutate',NULL,'tune_boldly','geometer','=== segment stem
@@ -1,9 +1,9 @@
 class Stem(nn.Module):
-    """Signal (N, 1, 40) to first features (N, channels, length), at full resolution."""
+    """Signal (N, 1, 40) to first features (N, 8, 40), at full resolution: few filters, each as long as a digit."""
 
     def __init__(self):
         super().__init__()
-        width = 12
-        self.conv = nn.Conv1d(1, width, kernel_size=5, padding=2, padding_mode="circular", bias=False)
+        width = 8
+        self.conv = nn.Conv1d(1, width, kernel_size=11, padding=5, padding_mode="circular", bias=False)
         self.norm = nn.BatchNorm1d(width)
         self.act = nn.ReLU()
=== segment optimiser
@@ -1,6 +1,20 @@
+import math
+
+
 def build_optimizer(model, steps):
     """Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps."""
-    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)
-    tail = 0.3 * steps  # the rate falls to zero over the last steps
-    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))
+    weights = [p for p in model.parameters() if p.dim() >= 2]
+    others = [p for p in model.parameters() if p.dim() < 2]
+    optimizer = torch.optim.AdamW(
+        [{"params": weights, "weight_decay": 0.2}, {"params": others, "weight_decay": 0.0}], lr=0.025, foreach=True
+    )
+    warm = max(1, round(0.05 * steps))
+
+    def rate(step):
+        if step < warm:
+            return (step + 1) / warm
+        done = min(1.0, (step - warm) / max(1, steps - warm))
+        return 0.5 * (1.0 + math.cos(math.pi * done))
+
+    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
     return optimizer, scheduler
');
INSERT INTO "evidence" VALUES('g02-02','g01-01',2,'cross',NULL,NULL,'plain','=== segment stem
@@ -1,10 +1,11 @@
 class Stem(nn.Module):
-    """Signal (N, 1, 40) to first features (N, channels, length)."""
+    """Signal (N, 1, 40) to first features (N, 12, 40)."""
 
     def __init__(self):
         super().__init__()
-        self.conv = nn.Conv1d(1, 20, kernel_size=5, stride=1, padding=2)
+        self.conv = nn.Conv1d(1, 12, kernel_size=7, stride=1, padding=3, bias=False)
+        self.norm = nn.BatchNorm1d(12)
         self.act = nn.ReLU()
 
     def forward(self, x):
-        return self.act(self.conv(x))
+        return self.act(self.norm(self.conv(x)))
=== segment body
@@ -1,13 +1,28 @@
+class Separable(nn.Module):
+    """One filter per channel, a mix of channels and a norm; a residual path where the width stays."""
+
+    def __init__(self, inputs, outputs, kernel):
+        super().__init__()
+        self.depthwise = nn.Conv1d(inputs, inputs, kernel_size=kernel, padding=kernel // 2, groups=inputs, bias=False)
+        self.pointwise = nn.Conv1d(inputs, outputs, kernel_size=1, bias=False)
+        self.norm = nn.BatchNorm1d(outputs)
+        self.residual = inputs == outputs
+
+    def forward(self, x):
+        y = self.norm(self.pointwise(self.depthwise(x)))
+        return torch.relu(x + y if self.residual else y)
+
+
 class Body(nn.Module):
-    """First features (N, channels, length) to deep features (N, channels'', length'')."""
+    """First features (N, channels, 40) to deep features (N, 18, 20)."""
 
     def __init__(self, channels):
         super().__init__()
-        width = 20
+        width = 18
         self.layers = nn.Sequential(
-            nn.Conv1d(channels, width, kernel_size=5, stride=2, padding=2),
-            nn.ReLU(),
-            nn.Conv1d(width, width, kernel_size=5, stride=2, padding=2),
-            nn.ReLU(),
+            Separable(channels, width, 5),
+            nn.AvgPool1d(2),
+            Separable(width, width, 5),
+            Separable(width, width, 5),
         )
 
=== segment optimiser
@@ -1,6 +1,10 @@
 def build_optimizer(model, steps):
     """Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps."""
-    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)
-    tail = 0.3 * steps  # the rate falls to zero over the last steps
-    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))
-    return optimizer, scheduler
+    optimizer = torch.optim.AdamW(model.parameters(), lr=0.015, weight_decay=0.2, foreach=True)
+    tail = 0.8 * steps  # the rate falls to zero over most of the run
+    warm = max(1.0, 0.03 * steps)
+
+    def rate(step):
+        return max(0.0, min(1.0, (step + 1) / warm, (steps - step) / tail))
+
+    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
');
INSERT INTO "evidence" VALUES('g02-03','g01-09',2,'mutate',NULL,'restructure','reviewer','=== segment stem
@@ -4,5 +4,5 @@
     def __init__(self):
         super().__init__()
-        self.conv = nn.Conv1d(1, 20, kernel_size=7, padding=3, bias=False)
+        self.conv = nn.Conv1d(1, 20, kernel_size=7, padding=3, padding_mode="circular", bias=False)
         self.norm = nn.BatchNorm1d(20)
 
=== segment body
@@ -1,27 +1,23 @@
-class Separable(nn.Module):
-    """Residual block: a filter per channel, a mixing of the channels, a norm."""
+class Body(nn.Module):
+    """First features (N, channels, length) to deep features (N, channels, length // 2).
 
-    def __init__(self, width):
-        super().__init__()
-        self.filter = nn.Conv1d(width, width, kernel_size=5, padding=2, groups=width, bias=False)
-        self.mix = nn.Conv1d(width, width, kernel_size=1, bias=False)
-        self.norm = nn.BatchNorm1d(width)
-
-    def forward(self, x):
-        return torch.relu(x + self.norm(self.mix(self.filter(x))))
-
-
-class Body(nn.Module):
-    """First features (N, channels, length) to deep features (N, channels'', length'')."""
+    Residual steps with their own filters and norms, but one mixing of the channels for all of them.
+    """
 
     def __init__(self, channels):
         super().__init__()
-        self.layers = nn.Sequential(
-            Separable(channels),
-            nn.MaxPool1d(2),
-            Separable(channels),
-            Separable(channels),
-        )
+        steps = 3
+        self.filters = nn.ModuleList([
+            nn.Conv1d(channels, channels, kernel_size=5, padding=2, padding_mode="circular", groups=channels, bias=False)
+            for _ in range(steps)
+        ])
+        self.norms = nn.ModuleList([nn.BatchNorm1d(channels) for _ in range(steps)])
+        self.mix = nn.Conv1d(channels, channels, kernel_size=1, bias=False)
+        self.halve = nn.MaxPool1d(2)
 
     def forward(self, x):
-        return self.layers(x)
+        for step, (own, norm) in enumerate(zip(self.filters, self.norms)):
+            if step == 1:
+                x = self.halve(x)
+            x = torch.relu(x + norm(self.mix(own(x))))
+        return x
=== segment head
@@ -1,9 +1,9 @@
 class Head(nn.Module):
-    """Deep features (N, channels, length) to class scores (N, classes), by their mean and maximum over time."""
+    """Deep features (N, channels, length) to class scores (N, classes): every position votes, the votes are joined."""
 
     def __init__(self, channels, length, classes):
         super().__init__()
-        self.linear = nn.Linear(2 * channels, classes)
+        self.vote = nn.Conv1d(channels, classes, kernel_size=1)
 
     def forward(self, x):
-        return self.linear(torch.cat([x.mean(dim=2), x.amax(dim=2)], dim=1))
+        return torch.logsumexp(self.vote(x), dim=2)
');
INSERT INTO "evidence" VALUES('g02-04','g01-04',2,'mutate',NULL,'tune','statistician','=== segment stem
@@ -4,5 +4,5 @@
     def __init__(self):
         super().__init__()
-        self.conv = nn.Conv1d(1, 16, kernel_size=5, stride=2, padding=1)
+        self.conv = nn.Conv1d(1, 14, kernel_size=7, stride=2, padding=3)
         self.act = nn.ReLU()
 
=== segment optimiser
@@ -1,6 +1,16 @@
 def build_optimizer(model, steps):
     """Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps."""
-    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)
-    tail = 0.3 * steps  # the rate falls to zero over the last steps
-    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))
+    weights = [p for p in model.parameters() if p.dim() > 1]
+    others = [p for p in model.parameters() if p.dim() <= 1]
+    groups = [{"params": weights, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
+    optimizer = torch.optim.AdamW(groups, lr=0.02, foreach=True)
+    warm = max(1, round(0.04 * steps))
+    fall = max(1, steps - warm)
+
+    def rate(step):
+        if step < warm:
+            return (step + 1) / warm
+        return max(0.0, (steps - step) / fall)
+
+    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
     return optimizer, scheduler
');
INSERT INTO "evidence" VALUES('g02-05','g01-05',2,'mutate',NULL,'shrink','minimalist','=== segment stem
@@ -1,10 +1,9 @@
 class Stem(nn.Module):
-    """Signal (N, 1, 40) to first features (N, channels, length)."""
+    """Signal (N, 1, 40) to first features (N, 16, 20)."""
 
     def __init__(self):
         super().__init__()
-        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
-        self.act = nn.ReLU()
+        self.conv = nn.Conv1d(1, 16, kernel_size=5, stride=2, padding=2, padding_mode="circular")
 
     def forward(self, x):
-        return self.act(self.conv(x))
+        return torch.relu(self.conv(x))
=== segment body
@@ -1,16 +1,23 @@
+class Block(nn.Module):
+    """Depthwise filter, channel mix and norm on a residual path; the shape stays."""
+
+    def __init__(self, width):
+        super().__init__()
+        self.taps = nn.Conv1d(
+            width, width, kernel_size=5, padding=2, padding_mode="circular", groups=width, bias=False
+        )
+        self.mix = nn.Conv1d(width, width, kernel_size=1, bias=False)
+        self.norm = nn.BatchNorm1d(width)
+
+    def forward(self, x):
+        return torch.relu(x + self.norm(self.mix(self.taps(x))))
+
+
 class Body(nn.Module):
-    """First features (N, channels, length) to deep features (N, channels'', length''), without any stride."""
+    """First features (N, channels, length) to deep features of the same shape."""
 
     def __init__(self, channels):
         super().__init__()
-        width = 20
-        self.layers = nn.Sequential(
-            nn.Conv1d(channels, width, kernel_size=3, padding=1, bias=False),
-            nn.BatchNorm1d(width),
-            nn.ReLU(),
-            nn.Conv1d(width, width, kernel_size=3, padding=2, dilation=2, bias=False),
-            nn.BatchNorm1d(width),
-            nn.ReLU(),
-        )
+        self.layers = nn.Sequential(*[Block(channels) for _ in range(3)])
 
     def forward(self, x):
');
INSERT INTO "evidence" VALUES('g02-06','g01-07',2,'mutate',NULL,'shrink','minimalist','=== segment stem
@@ -4,5 +4,5 @@
     def __init__(self):
         super().__init__()
-        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
+        self.conv = nn.Conv1d(1, 14, kernel_size=5, stride=2, padding=1)
         self.act = nn.ReLU()
 
=== segment body
@@ -1,31 +1,23 @@
-class Separable(nn.Module):
-    """Circular depthwise convolution, channel mixing and BatchNorm; a residual path where the width stays."""
+class Block(nn.Module):
+    """Circular depthwise convolution, channel mixing and BatchNorm beside an identity path."""
 
-    def __init__(self, channels, width, dilation):
+    def __init__(self, channels):
         super().__init__()
-        self.depthwise = nn.Conv1d(
-            channels, channels, kernel_size=5, dilation=dilation, padding=2 * dilation,
-            padding_mode="circular", groups=channels, bias=False,
+        self.layers = nn.Sequential(
+            nn.Conv1d(channels, channels, kernel_size=5, padding=2, padding_mode="circular", groups=channels, bias=False),
+            nn.Conv1d(channels, channels, kernel_size=1, bias=False),
+            nn.BatchNorm1d(channels),
         )
-        self.mix = nn.Conv1d(channels, width, kernel_size=1, bias=False)
-        self.norm = nn.BatchNorm1d(width)
-        self.skip = channels == width
 
     def forward(self, x):
-        y = self.norm(self.mix(self.depthwise(x)))
-        return torch.relu(x + y if self.skip else y)
+        return torch.relu(x + self.layers(x))
 
 
 class Body(nn.Module):
-    """First features (N, channels, length) to deep features (N, width, length)."""
+    """First features (N, channels, length) to deep features of the same shape."""
 
     def __init__(self, channels):
         super().__init__()
-        width = 20
-        self.layers = nn.Sequential(
-            Separable(channels, width, dilation=1),
-            Separable(width, width, dilation=1),
-            Separable(width, width, dilation=2),
-        )
+        self.layers = nn.Sequential(*(Block(channels) for _ in range(3)))
 
     def forward(self, x):
');
INSERT INTO "evidence" VALUES('g02-07','g01-03',2,'cross',NULL,NULL,'geometer','=== segment stem
@@ -1,9 +1,10 @@
 class Stem(nn.Module):
-    """Signal (N, 1, 40) to first features (N, channels, length)."""
+    """Signal (N, 1, 40) to first features (N, 12, 40): normalised matched filters, as long as a digit."""
 
     def __init__(self):
         super().__init__()
-        self.conv = nn.Conv1d(1, 20, kernel_size=5, padding=2, bias=False)
-        self.norm = nn.BatchNorm1d(20)
+        width = 12
+        self.conv = nn.Conv1d(1, width, kernel_size=11, padding=5, padding_mode="circular", bias=False)
+        self.norm = nn.BatchNorm1d(width)
         self.act = nn.ReLU()
 
=== segment body
@@ -1,26 +1,29 @@
 class Block(nn.Module):
-    """Convolution, norm and ReLU, with a residual path where the shape stays."""
+    """Depthwise filter, channel mix and norm, with a residual path before the ReLU where the shape stays."""
 
     def __init__(self, inputs, outputs, stride):
         super().__init__()
         self.residual = stride == 1 and inputs == outputs
-        self.conv = nn.Conv1d(inputs, outputs, kernel_size=3, stride=stride, padding=1, bias=False)
+        self.filter = nn.Conv1d(
+            inputs, inputs, kernel_size=5, stride=stride, padding=2, padding_mode="circular", groups=inputs, bias=False
+        )
+        self.mix = nn.Conv1d(inputs, outputs, kernel_size=1, bias=False)
         self.norm = nn.BatchNorm1d(outputs)
 
     def forward(self, x):
-        y = torch.relu(self.norm(self.conv(x)))
-        return x + y if self.residual else y
+        y = self.norm(self.mix(self.filter(x)))
+        return torch.relu(x + y if self.residual else y)
 
 
 class Body(nn.Module):
-    """First features (N, channels, length) to deep features (N, channels'', length'')."""
+    """First features (N, channels, length) to deep features (N, 18, length / 2)."""
 
     def __init__(self, channels):
         super().__init__()
-        width = 20
+        width = 18
         self.layers = nn.Sequential(
             Block(channels, width, stride=2),
             Block(width, width, stride=1),
-            Block(width, width, stride=2),
+            Block(width, width, stride=1),
         )
 
');
INSERT INTO "evidence" VALUES('g02-08','g01-02',2,'cross','body',NULL,'plain','=== segment stem
@@ -1,4 +1,4 @@
 class Stem(nn.Module):
-    """Signal (N, 1, 40) to first features (N, channels, length)."""
+    """Signal (N, 1, 40) to first features (N, 16, 40) at full resolution, on a ring."""
 
     def __init__(self):
=== segment body
@@ -1,22 +1,27 @@
-def _block(before, after):
-    """Circular convolution, norm and rectifier; the length stays."""
-    return nn.Sequential(
-        nn.Conv1d(before, after, kernel_size=3, padding=1, padding_mode="circular", bias=False),
-        nn.BatchNorm1d(after),
-        nn.ReLU(),
-    )
+class Separable(nn.Module):
+    """relu(x + norm(1x1 mixing of a circular depthwise filter of x)); the shape (N, width, length) stays."""
+
+    def __init__(self, width):
+        super().__init__()
+        self.filter = nn.Conv1d(
+            width, width, kernel_size=5, padding=2, padding_mode="circular", groups=width, bias=False
+        )
+        self.mix = nn.Conv1d(width, width, kernel_size=1, bias=False)
+        self.norm = nn.BatchNorm1d(width)
+
+    def forward(self, x):
+        return torch.relu(x + self.norm(self.mix(self.filter(x))))
 
 
 class Body(nn.Module):
-    """First features (N, channels, length) to deep features (N, channels'', length'')."""
+    """First features (N, channels, length) to deep features (N, channels, length // 2)."""
 
     def __init__(self, channels):
         super().__init__()
-        width = 16
         self.layers = nn.Sequential(
-            _block(channels, width),
+            Separable(channels),
             nn.MaxPool1d(2),
-            _block(width, width),
-            _block(width, width),
+            Separable(channels),
+            Separable(channels),
         )
 
=== segment head
@@ -1,4 +1,4 @@
 class Head(nn.Module):
-    """Deep features (N, channels, length) to class scores (N, classes)."""
+    """Deep features (N, channels, length) to class scores (N, classes), from mean and maximum over position."""
 
     def __init__(self, channels, length, classes):
');
INSERT INTO "evidence" VALUES('g02-09','g01-06',2,'mutate',NULL,'restructure','minimalist','=== segment body
@@ -1,16 +1,24 @@
+class Separable(nn.Module):
+    """relu(x + norm(mix(filter(x)))) on the ring; the shape (N, width, length) stays."""
+
+    def __init__(self, width, dilation):
+        super().__init__()
+        self.filter = nn.Conv1d(
+            width, width, kernel_size=5, padding=2 * dilation, dilation=dilation,
+            groups=width, padding_mode="circular", bias=False,
+        )
+        self.mix = nn.Conv1d(width, width, kernel_size=1, bias=False)
+        self.norm = nn.BatchNorm1d(width)
+
+    def forward(self, x):
+        return torch.relu(x + self.norm(self.mix(self.filter(x))))
+
+
 class Body(nn.Module):
-    """First features (N, channels, length) to position-free features (N, channels'', 1)."""
+    """First features (N, channels, length) to position-free features (N, 2 channels, 1)."""
 
     def __init__(self, channels):
         super().__init__()
-        width = 16
-        self.layers = nn.Sequential(
-            nn.Conv1d(channels, width, kernel_size=3, padding=2, dilation=2, padding_mode="circular", bias=False),
-            nn.BatchNorm1d(width),
-            nn.ReLU(),
-            nn.Conv1d(width, width, kernel_size=3, padding=3, dilation=3, padding_mode="circular", bias=False),
-            nn.BatchNorm1d(width),
-            nn.ReLU(),
-        )
+        self.layers = nn.Sequential(*(Separable(channels, dilation) for dilation in (1, 2, 3)))
 
     def forward(self, x):
=== segment optimiser
@@ -1,6 +1,5 @@
 def build_optimizer(model, steps):
     """Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps."""
-    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.2, foreach=True)
-    tail = 0.3 * steps  # the rate falls to zero over the last steps
-    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / tail))
+    optimizer = torch.optim.AdamW(model.parameters(), lr=0.015, weight_decay=0.05, foreach=True)
+    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(0.0, 1.0 - step / steps))
     return optimizer, scheduler
');
CREATE TABLE lessons (
            id TEXT PRIMARY KEY, generation INTEGER NOT NULL, claim TEXT NOT NULL, applies TEXT NOT NULL, segment TEXT,
            evidence TEXT NOT NULL, effect TEXT NOT NULL, run TEXT NOT NULL, task TEXT NOT NULL DEFAULT '', measured TEXT NOT NULL DEFAULT '{}', supporting INTEGER NOT NULL DEFAULT 0, "into" TEXT NOT NULL DEFAULT '', against TEXT NOT NULL DEFAULT '', supersedes TEXT NOT NULL DEFAULT '[]', record TEXT NOT NULL DEFAULT '{}', present TEXT NOT NULL DEFAULT '[]', absent TEXT NOT NULL DEFAULT '[]');
INSERT INTO "lessons" VALUES('L01-0',1,'Drop the Flatten and give the mean and maximum (or one of them) over the length to a single Linear, 170-410 weights instead of 1,260: all five children that did so fell from 12.33 to 1.2-4.2 %, and even without any norm in the network (g01-01) it was 4.2 %, because one set of class weights then serves every shift.','When the head flattens (channels, length), so that each class is learnt anew at each position.','head','["g01-01","g01-02","g01-04","g01-05","g01-07"]','{"val_error":"down","params":"down"}','full-1','mnist1d','{"val_error":-10.293333333333333,"params":-2225.4}',5,'','','[]','{}','["Flatten"]','[]');
INSERT INTO "lessons" VALUES('L01-1',1,'Take both strides and the biases out of the body and put BatchNorm1d before each ReLU of two 3-tap convolutions, only 16-20 wide and the later ones dilated by 2 or 3 where wanted: with pooling over the length this gave 1.2 % at width 20 (3,340 parameters in all) and 1.8 % at width 16 (1,822 and 1,866), so width 16 costs little that these single trainings can tell from noise.','When the body subsamples with stride=2 and has no norm, and error as well as size should fall.','body','["g01-04","g01-05","g01-06"]','{"val_error":"down","params":"down"}','full-1','mnist1d','{"val_error":-10.622222222222222,"params":-2867.3333333333335}',3,'','','[]','{}','["stride=2"]','["BatchNorm1d"]');
INSERT INTO "lessons" VALUES('L01-2',1,'Make the body of separable blocks, a depthwise convolution of 5 taps (groups equal to the channels), a 1x1 mixing and BatchNorm1d, with a residual path before the ReLU where the width stays: 20 channels gave 1.6 % at 2,210 and 2,305 parameters, both with pooling over the length, since a tap then costs one weight per channel and depth becomes cheap.','When the body''s weights are dense convolutions and the network should get deeper or see further without more parameters.','body','["g01-07","g01-09"]','{"val_error":"down","params":"down"}','full-1','mnist1d','{"val_error":-10.733333333333334,"params":-2952.5}',2,'L02-0','','[]','{}','[]','["groups"]');
INSERT INTO "lessons" VALUES('L01-3',1,'Keep the stem cheap and work on body and head instead: a plain stem of 16 or 25 filters of 5 taps at stride 2 without a norm was enough for 1.2-1.8 % once the body had norms and the head pooled, and cutting it from 25 to 16 filters (96 parameters) also thins the body''s first layer.','When the stem is the plain stride-2 convolution and a change of it is considered; norms and a pooled head have to be in the same child or there already.','stem','["g01-04","g01-05","g01-07"]','{"val_error":"down","params":"down"}','full-1','mnist1d','{"val_error":-10.800000000000002,"params":-2706.3333333333335}',3,'L02-1','','[]','{}','["stride=2"]','["BatchNorm1d"]');
INSERT INTO "lessons" VALUES('L01-4',1,'Change the structure first and expect little from the optimiser: in networks with norms a rate of 0.015 with warm-up and cosine, or norms and biases spared the decay, drove the train loss to about 0.005, yet the 1.6 and 1.8 % they reached together with the new layers are no lower than other children''s with norms that kept the rate, decay and tail as they were.','When the optimiser is still AdamW with lr 0.01, decay 0.2 and a fall over the last 30 % of the steps, and the train loss is already small.','optimiser','["g01-03","g01-09"]','{"val_error":"down","params":"down"}','full-1','mnist1d','{"val_error":-10.633333333333333,"params":-1970.0}',2,'L02-4','','[]','{}','["weight_decay=0.2"]','[]');
INSERT INTO "lessons" VALUES('L02-0',2,'Replace dense body convolutions by residual blocks relu(x + norm(mix(filter(x)))), depthwise 5 taps and a 1x1 mix, at 16-18 channels on about 20 places (halved once by a pool or stride), to save 800-2,900 parameters, but not to lower an error that is low already: from a body without norms it fell from 4.2 to 1.2 % (1,690 parameters), from dense bodies with norms at 1.2-2.1 % it rose by 0.6, 1.8, 2.2 and 2.3, most of it within noise but four times of four, and the smallest, 12 channels without an','When the body''s weights are dense convolutions and parameters should fall; expect about 1 to 2 points of error in exchange where BatchNorm1d is there already, a gain where it is not.','body','["g02-02","g02-08","g02-05","g02-07","g02-09","g01-07","g01-09"]','{"val_error":"same","params":"down"}','full-1','mnist1d','{"val_error":-2.5142857142857147,"params":-2175.285714285714}',7,'','','[]','{}','[]','["groups"]');
INSERT INTO "lessons" VALUES('L02-1',2,'Cut the plain stride-2 stem to 14 filters (5 taps, padding=1, or 7 taps, padding=3) and let the body run at the width it is given: 25 to 14 filters with three separable blocks of the same 14 channels went from 1.6 to 1.4 % at 1,256 parameters instead of 2,305, and 16 to 14 filters of 7 taps from 1.8 to 2 % at 1,494 instead of 1,866, both no measurable loss, because every stem filter is paid again in the first layer of the body and one width throughout also saves the entry convolution.','When the stem is the plain stride-2 convolution with 16 or more filters, while body norms and a head pooled by mean and maximum are there already.','stem','["g02-06","g02-04","g01-04","g01-05","g01-07"]','{"val_error":"down","params":"down"}','full-1','mnist1d','{"val_error":-6.480000000000001,"params":-1908.0}',5,'','','[]','{}','["stride=2"]','["BatchNorm1d"]');
INSERT INTO "lessons" VALUES('L02-2',2,'Share one 1x1 mix of 20 channels among three residual passes and keep only the depthwise 5-tap filter and the BatchNorm1d private to each: this made 1,190 and 1,210 parameters in all, 632 and 1,000 fewer, for +0.7 and +1 of error (2.8 and 2.6 %), both within noise; it is a way to get small, not better, since three own mixes at 14 channels cost about as much (1,256) and came out at 1.4 % in another child.','When the body has mixing weights or dense convolutions of its own in every layer and the program should go to about 1,200 parameters or below; the width of all passes has to be the same.','body','["g02-00","g02-03","g02-06"]','{"val_error":"same","params":"down"}','full-1','mnist1d','{"val_error":0.48888888888888876,"params":-893.6666666666666}',3,'','','[]','{}','[]','["ModuleList"]');
INSERT INTO "lessons" VALUES('L02-3',2,'Keep 5 taps in a normed full-resolution stem rather than lengthen them to 11 to match a whole digit: both children with 11 circular taps and fewer filters (8 instead of 12, 12 instead of 20) got worse, 2.1 to 4.2 % and 1.8 to 3.6 %, and learned slower (4.4 and 6.2 % at step 700), although a new schedule in the one and a separable body in the other changed along with it.','When the stem is a convolution of 5 taps at stride 1 with BatchNorm1d and longer or fewer filters are considered; let the body''s depth and dilation bring the reach.','stem','["g02-01","g02-07"]','{"val_error":"same","params":"down"}','full-1','mnist1d','{"val_error":1.9333333333333336,"params":-1352.0}',2,'','','[]','{}','["BatchNorm1d","kernel_size=5"]','["stride=2"]');
INSERT INTO "lessons" VALUES('L02-4',2,'Leave AdamW at lr 0.01 with decay 0.2 and the 30 % tail and spend the change on structure: peak rates of 0.015 (straight fall, decay 0.05), 0.02 (warm-up, straight fall, decay 0.1 on weights) and 0.025 (warm-up, cosine), tried beside smaller layers, came out at +2.3, +0.2 and +2.1 of error, so no higher rate with a longer fall has lowered the error of a network with norms so far; the mildest loss, 0.02, was the one that left the body as it was.','When the optimiser is still AdamW with lr 0.01 and decay 0.2 and stem or body are made smaller in the same child; a new schedule then only hides what the structure did.','optimiser','["g02-01","g02-04","g02-09","g01-03","g01-09"]','{"val_error":"same","params":"down"}','full-1','mnist1d','{"val_error":-3.3466666666666667,"params":-1057.6}',5,'','','[]','{}','["weight_decay=0.2"]','[]');
CREATE TABLE loans (
            key TEXT PRIMARY KEY, generation INTEGER NOT NULL, lessons TEXT NOT NULL, steps TEXT NOT NULL);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO "meta" VALUES('created','"2026-11-27T20:00:44.546+00:00"');
INSERT INTO "meta" VALUES('id','"6929102c2eac476b"');
INSERT INTO "meta" VALUES('run','"full-1"');
INSERT INTO "meta" VALUES('task','"mnist1d"');
INSERT INTO "meta" VALUES('strategy','"guided-evolution"');
INSERT INTO "meta" VALUES('seed','1');
INSERT INTO "meta" VALUES('fidelity','"quick"');
INSERT INTO "meta" VALUES('version','"0.1.0"');
INSERT INTO "meta" VALUES('objectives','[{"name":"val_error","unit":"%","goal":"min","reference":90.0,"worst":90.0,"noise":4.3},{"name":"params","unit":"","goal":"min","reference":20000.0,"worst":20000.0,"noise":0.0}]');
INSERT INTO "meta" VALUES('aim','{"require":"","first":"","weights":{}}');
INSERT INTO "meta" VALUES('planned','30');
INSERT INTO "meta" VALUES('least','3');
INSERT INTO "meta" VALUES('content','{"program.py":"sha256 41add2614698bbd2","harness.py":"sha256 49d9a4db89052b27","data.py":"sha256 d6fbeb6e35302aa2","metric":"\"error_percent\"","scoring":"1","list of objectives":"[\"val_error\", \"params\"]","objective val_error":"[\"%\", \"min\", 90.0]","objective params":"[\"\", \"min\", 20000.0]","noise of val_error":"4.3","noise of params":"0.0","fidelity quick":"[{\"batch\": 128, \"every\": 100, \"steps\": 1000}, 60.0, 2048]","list of roots":"[\"build_model\", \"build_optimizer\"]","list of imports":"[\"__future__\", \"collections\", \"dataclasses\", \"functools\", \"itertools\", \"math\", \"torch\", \"typing\"]","allow_unproven":"false","data option validation":"500","data option split_seed":"0","description":"sha256 5973e538f39fcf38","contract":"sha256 5d8efe3ee17ce4fe","array test_x":"sha256 2177f9dcc4cc3ffe","array train_x":"sha256 d4da83e70a10c3a4","array train_y":"sha256 75474abda462d8a0","array val_x":"sha256 f91f2562e3225066","array val_y":"sha256 13aaf51f691f8e1b","array test_y":"sha256 d9dd41f671a95a19"}');
INSERT INTO "meta" VALUES('arm','{"name":"full","settings":{}}');
INSERT INTO "meta" VALUES('asked','"task = \"mnist1d\"\nseed = 1\nfidelity = \"\"\ntracing = false\n\n[data]\n\n[search]\nstrategy = \"guided-evolution\"\ngenerations = 3\ninitial = 10\npopulation = 10\noverlap = 0\nrefine = 0.1\nparents = \"promise\"\ntrajectories = 4\ncrossover = 0.35\nmutation = 0.8\nscopes = [\n    \"segment\",\n    \"refine\",\n    \"rewrite\",\n]\nprograms = 2\neot = 0.5\neot_form = \"evidence\"\nrepairs = 2\nideas = 1\nreruns = 2\n\n[budget]\nevaluations = 0\nhours = 0.0\ntokens = 0\nusd = 0.0\nuntil = \"\"\n\n[aim]\nrequire = \"\"\nfirst = \"\"\n\n[aim.weights]\n\n[aim.reference]\n\n[[models]]\nleave_out = []\nsystem = \"system\"\nstream = false\nresponses = false\nname = \"capable\"\nkey_env = \"OPENAI_API_KEY\"\nweight = 1.0\nusd_per_million_in = 0.0\nusd_per_million_out = 0.0\nrequests_per_minute = 0\ntokens_per_minute = 0\n\n[models.rename]\n\n[models.at_most]\n\n[models.body]\n\n[sampling]\nmax_tokens = 4096\ntimeout_s = 7000.0\nretries = 5\nbackoff_s = 1.0\nparallel = 16\nhedge = false\nbreaker = 5\nrest_s = 60.0\n\n[racing]\nrungs = [\n    0.1,\n    0.3,\n]\nkeep = 0.5\nleast = 3\nmargin = 1.0\n\n[personas]\narchitect = []\nbreeder = []\ncritic = []\n\n[play]\nallocation = \"thompson\"\nfloor = 0.1\nprompts = 0\n\n[play.personas]\n\n[play.intents]\n\n[sandbox]\nbackend = \"jail\"\nslots = 1\ndevice = \"auto\"\nper_gpu = 1\n\n[memory]\nembedder = \"hash\"\nlessons = 3\nevidence = 24\nshared = \"\"\nborrow = 3\n"');
INSERT INTO "meta" VALUES('data','"3,500 train, 500 validation, 1,000 test, each input of shape (40,)"');
INSERT INTO "meta" VALUES('facts','{"metric":"error_percent","validation":500,"outputs":10,"chance":89.8}');
INSERT INTO "meta" VALUES('wall_s','1670.273');
INSERT INTO "meta" VALUES('shown_mutant','"g02-06"');
INSERT INTO "meta" VALUES('shown_cross','"g02-08"');
INSERT INTO "meta" VALUES('shown_commit','1');
CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO "migrations" VALUES(1,'m001_tables');
INSERT INTO "migrations" VALUES(2,'m002_audits');
INSERT INTO "migrations" VALUES(3,'m003_size');
INSERT INTO "migrations" VALUES(4,'m004_lessons');
INSERT INTO "migrations" VALUES(5,'m005_wordings');
INSERT INTO "migrations" VALUES(6,'m006_unproven');
INSERT INTO "migrations" VALUES(7,'m007_refusals');
INSERT INTO "migrations" VALUES(8,'m008_sealed');
INSERT INTO "migrations" VALUES(9,'m009_commits');
INSERT INTO "migrations" VALUES(10,'m010_indexes');
INSERT INTO "migrations" VALUES(11,'m011_timeline');
INSERT INTO "migrations" VALUES(12,'m012_stand_ins');
INSERT INTO "migrations" VALUES(13,'m013_flow');
INSERT INTO "migrations" VALUES(14,'m014_scopes');
CREATE TABLE openings (number INTEGER PRIMARY KEY, at REAL NOT NULL, candidates TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE reflections (
            generation INTEGER PRIMARY KEY, lessons TEXT NOT NULL, shown TEXT NOT NULL, verdicts TEXT NOT NULL);
INSERT INTO "reflections" VALUES(1,'["L01-0","L01-1","L01-2","L01-3","L01-4"]','["g01-04","g01-06","g01-07","g01-09","g01-02","g01-05","g01-00","g01-08","g01-03","g01-01"]','[]');
INSERT INTO "reflections" VALUES(2,'["L02-0","L02-1","L02-2","L02-3","L02-4"]','["g02-02","g02-05","g02-08","g02-06","g02-03","g02-09","g02-00","g02-04","g02-07","g02-01","g01-04","g01-07","g01-02","g01-09","g01-06","g01-05","g01-08","g01-00","g01-03","g01-01"]','[{"lesson":"L01-2","done":"merged","why":"L02-0 revises it"},{"lesson":"L01-3","done":"merged","why":"L02-1 revises it"},{"lesson":"L02-3","done":"corrected","why":"val_error was called up, the steps say same (+1.933)","claim":"Keep 5 taps in a normed full-resolution stem rather than lengthen them to 11 to match a whole digit: both children with 11 circular taps and fewer filters (8 instead of 12, 12 instead of 20) got worse, 2.1 to 4.2 % and 1.8 to 3.6 %, and learned slower (4.4 and 6.2 % at step 700), although a new schedule in the one and a separable body in the other changed along with it."},{"lesson":"L01-4","done":"merged","why":"L02-4 revises it"}]');
CREATE TABLE selections (
            number INTEGER PRIMARY KEY, population TEXT NOT NULL, archive TEXT NOT NULL,
            data TEXT NOT NULL, state TEXT NOT NULL DEFAULT '{}');
INSERT INTO "selections" VALUES(0,'["seed"]','["seed"]','{"hypervolume":0.6195366666666666}','{}');
INSERT INTO "selections" VALUES(1,'["g01-05","g01-02","g01-08","g01-09","g01-07","g01-06","g01-04","g01-03","g01-01","g01-00"]','["g01-02","g01-05","g01-06","g01-09"]','{"hypervolume":0.8964562222222222}','{"offspring":{}}');
INSERT INTO "selections" VALUES(2,'["g02-02","g02-06","g01-05","g02-04","g02-08","g01-04","g02-03","g02-00","g02-05","g02-09"]','["g02-00","g02-02","g02-03","g02-06","g02-09"]','{"hypervolume":0.9390670474785004}','{"offspring":{"g01-04":2,"g01-05":1}}');
CREATE TABLE surroundings (
            candidate TEXT NOT NULL REFERENCES candidates (id), segment TEXT NOT NULL, others TEXT NOT NULL,
            PRIMARY KEY (candidate, segment));
INSERT INTO "surroundings" VALUES('seed','stem','4994a9840922e52f');
INSERT INTO "surroundings" VALUES('seed','body','66af87e931d81ffa');
INSERT INTO "surroundings" VALUES('seed','head','3288cfc2870c1645');
INSERT INTO "surroundings" VALUES('seed','optimiser','2887f4b975c2f28b');
INSERT INTO "surroundings" VALUES('g01-00','stem','a63c32870f9e82c1');
INSERT INTO "surroundings" VALUES('g01-00','body','94e7f18551218d8e');
INSERT INTO "surroundings" VALUES('g01-00','head','d2b796f4788b440d');
INSERT INTO "surroundings" VALUES('g01-00','optimiser','1fec8c94d180d388');
INSERT INTO "surroundings" VALUES('g01-01','stem','a17c7092948c2fb2');
INSERT INTO "surroundings" VALUES('g01-01','body','b639900e211165bf');
INSERT INTO "surroundings" VALUES('g01-01','head','1a96b6aa23d09bb5');
INSERT INTO "surroundings" VALUES('g01-01','optimiser','7a841812f56fa942');
INSERT INTO "surroundings" VALUES('g01-02','stem','e0496ecf1305393c');
INSERT INTO "surroundings" VALUES('g01-02','body','55a4575b24d6c2c3');
INSERT INTO "surroundings" VALUES('g01-02','head','835d3f0ec59bdd9f');
INSERT INTO "surroundings" VALUES('g01-02','optimiser','53b24c7be484a43c');
INSERT INTO "surroundings" VALUES('g01-03','stem','1c52ceeeb92c83ba');
INSERT INTO "surroundings" VALUES('g01-03','body','dc338d00aff13e59');
INSERT INTO "surroundings" VALUES('g01-03','head','ff0a55ac587adb79');
INSERT INTO "surroundings" VALUES('g01-03','optimiser','61c5c3b4edb3598a');
INSERT INTO "surroundings" VALUES('g01-04','stem','bac74b7d7aca7049');
INSERT INTO "surroundings" VALUES('g01-04','body','b05f0269e4cdf763');
INSERT INTO "surroundings" VALUES('g01-04','head','2c79a65f190aec1a');
INSERT INTO "surroundings" VALUES('g01-04','optimiser','8611e1e59f934e07');
INSERT INTO "surroundings" VALUES('g01-05','stem','78b4a3577ec78e8d');
INSERT INTO "surroundings" VALUES('g01-05','body','e793f0de3c008742');
INSERT INTO "surroundings" VALUES('g01-05','head','34b6d24ec63d60d1');
INSERT INTO "surroundings" VALUES('g01-05','optimiser','fcc8ee2441b1f7bb');
INSERT INTO "surroundings" VALUES('g01-06','stem','8a1c14df9573038b');
INSERT INTO "surroundings" VALUES('g01-06','body','d9ba1f372be7e127');
INSERT INTO "surroundings" VALUES('g01-06','head','e3387a8390c28ac4');
INSERT INTO "surroundings" VALUES('g01-06','optimiser','5a3b3d7ca23820cf');
INSERT INTO "surroundings" VALUES('g01-07','stem','6c7a5b08a6905024');
INSERT INTO "surroundings" VALUES('g01-07','body','d1fd959710d26688');
INSERT INTO "surroundings" VALUES('g01-07','head','4487c8b839a94e96');
INSERT INTO "surroundings" VALUES('g01-07','optimiser','318f09872b0948fc');
INSERT INTO "surroundings" VALUES('g01-08','stem','d9961b00c4bf7d2d');
INSERT INTO "surroundings" VALUES('g01-08','body','21bada245dd9cd40');
INSERT INTO "surroundings" VALUES('g01-08','head','2d4eb156821dcc19');
INSERT INTO "surroundings" VALUES('g01-08','optimiser','76af22d396c28e1a');
INSERT INTO "surroundings" VALUES('g01-09','stem','8e92ee3d1cb13090');
INSERT INTO "surroundings" VALUES('g01-09','body','461503a87cbac8fa');
INSERT INTO "surroundings" VALUES('g01-09','head','035fb33ca0efae23');
INSERT INTO "surroundings" VALUES('g01-09','optimiser','8ba538c6a0e63c10');
INSERT INTO "surroundings" VALUES('g02-00','stem','0c5612af7452e5f0');
INSERT INTO "surroundings" VALUES('g02-00','body','ba67676070e49dc9');
INSERT INTO "surroundings" VALUES('g02-00','head','799b9e9fcd47cf27');
INSERT INTO "surroundings" VALUES('g02-00','optimiser','7b41217c6c5c7161');
INSERT INTO "surroundings" VALUES('g02-01','stem','b44cf833f8a9a665');
INSERT INTO "surroundings" VALUES('g02-01','body','5aaf73ae04bd8efd');
INSERT INTO "surroundings" VALUES('g02-01','head','22657a9d3fc07123');
INSERT INTO "surroundings" VALUES('g02-01','optimiser','f2ccd43413fdface');
INSERT INTO "surroundings" VALUES('g02-02','stem','4ba304495d46f049');
INSERT INTO "surroundings" VALUES('g02-02','body','4a05d2a9587a58e1');
INSERT INTO "surroundings" VALUES('g02-02','head','c801d2ad1643a6a6');
INSERT INTO "surroundings" VALUES('g02-02','optimiser','c863a65c720ea97f');
INSERT INTO "surroundings" VALUES('g02-03','stem','1b5096744e75c48d');
INSERT INTO "surroundings" VALUES('g02-03','body','7e14a6765e49517b');
INSERT INTO "surroundings" VALUES('g02-03','head','09f40920916d88db');
INSERT INTO "surroundings" VALUES('g02-03','optimiser','ae75d5c205958ee7');
INSERT INTO "surroundings" VALUES('g02-04','stem','5adec70c757a51df');
INSERT INTO "surroundings" VALUES('g02-04','body','ea494fda1ed3d745');
INSERT INTO "surroundings" VALUES('g02-04','head','ffa9661cf288796d');
INSERT INTO "surroundings" VALUES('g02-04','optimiser','d1980cd0e51f3998');
INSERT INTO "surroundings" VALUES('g02-05','stem','fc12a9d747f3122b');
INSERT INTO "surroundings" VALUES('g02-05','body','bc5737a1b0cb477d');
INSERT INTO "surroundings" VALUES('g02-05','head','c0089b59aadd01fd');
INSERT INTO "surroundings" VALUES('g02-05','optimiser','eabefabb82690e84');
INSERT INTO "surroundings" VALUES('g02-06','stem','20f6c3e1e57f5b6f');
INSERT INTO "surroundings" VALUES('g02-06','body','673a4b4d9eff1fe6');
INSERT INTO "surroundings" VALUES('g02-06','head','2de6ec1e17917f91');
INSERT INTO "surroundings" VALUES('g02-06','optimiser','41c2a9b4f1a75fee');
INSERT INTO "surroundings" VALUES('g02-07','stem','5bf5dcae27f58bb4');
INSERT INTO "surroundings" VALUES('g02-07','body','a7fc8b7b3918a78f');
INSERT INTO "surroundings" VALUES('g02-07','head','3e25b62e976f04c6');
INSERT INTO "surroundings" VALUES('g02-07','optimiser','61a314208aa6dcdb');
INSERT INTO "surroundings" VALUES('g02-08','stem','193fb79aff06d6a5');
INSERT INTO "surroundings" VALUES('g02-08','body','55a4575b24d6c2c3');
INSERT INTO "surroundings" VALUES('g02-08','head','a02d33fc883381a2');
INSERT INTO "surroundings" VALUES('g02-08','optimiser','a98042706821c1e9');
INSERT INTO "surroundings" VALUES('g02-09','stem','f2e09a8094bf7312');
INSERT INTO "surroundings" VALUES('g02-09','body','9afe6aba5a711491');
INSERT INTO "surroundings" VALUES('g02-09','head','e96a75046978180f');
INSERT INTO "surroundings" VALUES('g02-09','optimiser','8b0570ddb301600c');
CREATE TABLE wordings (
            name TEXT NOT NULL, version INTEGER NOT NULL, text TEXT NOT NULL, parent INTEGER, generation INTEGER NOT NULL,
            call TEXT, PRIMARY KEY (name, version));
INSERT INTO "wordings" VALUES('intent/tune',1,'Tune hyper-parameters that are already there (widths, kernel sizes, strides, rates, weight decay) to sensible better values.',NULL,0,NULL);
INSERT INTO "wordings" VALUES('intent/tune_boldly',1,'Set hyper-parameters to unusual values that a careful engineer would not try first, but that you can justify.',NULL,0,NULL);
INSERT INTO "wordings" VALUES('intent/enrich',1,'Add a component that makes the segment more expressive, such as a residual path, a gate, a normalisation or a second branch.',NULL,0,NULL);
INSERT INTO "wordings" VALUES('intent/shrink',1,'Cut parameters while keeping accuracy: narrower layers, depthwise or grouped convolutions, shared weights, pooling instead of dense layers.',NULL,0,NULL);
INSERT INTO "wordings" VALUES('intent/surprise',1,'Do something uncommon that is rarely seen in published code, yet has a reason to work here.',NULL,0,NULL);
INSERT INTO "wordings" VALUES('intent/restructure',1,'Make a substantial change of structure. You may add helper functions or classes inside the segment.',NULL,0,NULL);
INSERT INTO "wordings" VALUES('intent/free',1,'Make whatever change you expect to bring most, by what was measured so far; its kind is yours to choose.',NULL,0,NULL);
INSERT INTO "wordings" VALUES('breeder',1,'The child starts as parent A. Write each segment that the child should have otherwise: as parent B has it, or a true blend of both.
A segment that you do not write stays as parent A has it. The child must differ from both parents, and its segments must fit each
other: follow every tensor shape from the input to the output before you answer.',NULL,0,NULL);
CREATE INDEX candidates_order ON candidates (generation, "index");
CREATE INDEX candidates_fingerprint ON candidates (fingerprint);
CREATE INDEX candidates_behaviour ON candidates (behaviour);
CREATE INDEX candidates_committed ON candidates (committed, generation, "index");
CREATE INDEX evaluations_candidate ON evaluations (candidate, status, counted);
CREATE INDEX evidence_parent ON evidence (parent, generation);
CREATE INDEX calls_spent ON calls
            (candidate, generation, agent, persona, failure, key, tokens_in, tokens_out, cost_usd);
CREATE INDEX calls_generation ON calls (generation);
CREATE INDEX candidates_fate ON candidates (status, failure, operator, id);
CREATE INDEX candidates_objectives ON candidates (objectives) WHERE status = 'evaluated';
CREATE INDEX evaluations_spent ON evaluations (status, wall_s, cpu_s);
CREATE INDEX audits_candidate ON audits (candidate);
CREATE INDEX events_kind ON events (kind);
CREATE INDEX candidates_open ON candidates (id) WHERE committed IS NULL;
CREATE INDEX candidates_asked_by ON candidates (asked_by, idea) WHERE asked_by IS NOT NULL;
CREATE INDEX surroundings_alike ON surroundings (segment, others);
COMMIT;
