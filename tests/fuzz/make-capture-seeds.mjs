/* Writes the seed corpus of capture_core_fuzz: pages that record, seal, are left and come back.
 * node tests/fuzz/make-capture-seeds.mjs build/wasm-release/generated/records.js */
import {mkdirSync, writeFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';

const rv = await import(pathToFileURL(resolve(process.argv[2])).href);
const dir = fileURLToPath(new URL('capture_core/', import.meta.url));
/** Strings that the fuzz target interns. */
const [INPUT, TYPE, PASSWORD, ADDRESS, IFRAME] = [1, 2, 3, 4, 5];

const record = (type, ...words) => [type | words.length + 1 << 8, ...words];
const f64 = value => [...new Uint32Array(new Float64Array([value]).buffer)];
const tick = t => record(rv.REC_TICK, t);
const command = (what, bytes = []) => [what, bytes.length & 255, bytes.length >> 8, ...bytes];
const records = (...list) => command(6, [...new Uint8Array(Uint32Array.from(list.flat()).buffer)]);
const inFrame = list => [7, ...list.slice(1)];
const sized = (what, len) => command(what, new Array(len).fill(0));

const page = wall => records(tick(0), record(rv.REC_EPOCH, ...f64(wall), 800, 600, 1000, ADDRESS, 0, 1), record(rv.REC_DOCUMENT, 1, 0, 0, ADDRESS),
	record(rv.REC_ELEMENT, 2, 1, 0, 0, INPUT), record(rv.REC_ELEMENT, 3, 2, 0, rv.EL_MASK, INPUT, TYPE, PASSWORD), record(rv.REC_TEXT, 4, 2, 0, 3, ADDRESS), record(rv.REC_SNAPSHOT_DONE));
const changes = t => records(tick(t), record(rv.REC_TEXT_SET, 4, PASSWORD), record(rv.REC_INPUT, 3, rv.INPUT_HAS_VALUE, 3, PASSWORD), record(rv.REC_ATTRIBUTES, 3, TYPE, ADDRESS),
	record(rv.REC_SHEET, 9, 0, 0, 0, ADDRESS), record(rv.REC_RULE_INSERT, 9, INPUT, 0), record(rv.REC_SHADOW_ROOT, 100 + t, 2, 0), record(rv.REC_SCROLL, 1, 0, 5));
const logs = t => records(tick(t), record(rv.REC_CONSOLE, 3, 1, ADDRESS, PASSWORD, ADDRESS), record(rv.REC_ERROR, 0, ADDRESS, ADDRESS, 1, 2, ADDRESS),
	record(rv.REC_NETWORK, 0, 1, INPUT, ADDRESS, 200, 10, 20, 0, 0, TYPE, 0, 0, PASSWORD, ADDRESS), record(rv.REC_CUSTOM, INPUT, ADDRESS), record(rv.REC_POINTER, 2, 3, 4, 5, 0));

const frame = id => records(tick(40), record(rv.REC_ELEMENT, id, 2, 0, 0, IFRAME));
const join = id => command(8, [id, 0, 0]);
const check = t => records(tick(t), record(rv.REC_CHECK, 2, 7, 3, 9, 77, 0), record(rv.REC_ADOPTED, 1, 9), record(rv.REC_SELECTION, 4, 0, 4, 1));

const seeds = {
	frames: [page(1e12), frame(7), join(7), inFrame(page(1e12 + 5)), inFrame(changes(50)), changes(60), inFrame(check(70)), inFrame(logs(80)), check(90), join(7), inFrame(page(1e11)), records(tick(95), record(rv.REC_REMOVE, 7)), inFrame(changes(99))],
	frame: [page(1e12), frame(7), join(7), inFrame(page(1e13)), inFrame(records(tick(5), record(rv.REC_REMOVE, 50))), records(tick(50), record(rv.REC_DOCUMENT, 20, 7, 0, ADDRESS)), join(7)],
	record: [page(1e12), changes(30), logs(60), logs(200)],
	seal: [page(1e12), sized(3, 1), changes(100), sized(3, 3), logs(300), sized(3, 5), logs(900)],
	pages: [page(1e12), logs(50), sized(4, 0), page(1e12 + 500), changes(5), sized(4, 0), page(1e11)],
	forget: [page(1e12), changes(70), sized(5, 0), logs(80), sized(3, 1)],
	bad: [page(1e12), records(tick(5), record(rv.REC_REMOVE, 2), record(rv.REC_REMOVE, 2)), changes(10), records(tick(20), record(rv.REC_MOVE, 3, 3, 0)), logs(30)],
};
mkdirSync(dir, {recursive: true});
for (const [name, commands] of Object.entries(seeds)) writeFileSync(dir + name, Uint8Array.from(commands.flat()));
