import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { png, randomFrom, startWorld } from './world.mjs';

let w;
before(async () => { w = await startWorld(); });
after(() => w.stop());

/** Uploads and submits without pause until the collector is gone; what it acknowledged, by what it said. */
async function load(worker, acknowledged, random) {
	for (let i = 0; ; i++) {
		try {
			const bytes = png(1 + random(60), 1 + random(60));
			const upload = await w.upload(bytes, { headers: { 'idempotency-key': `${worker}-${i}-up` } });
			if (upload.status !== 201) return;
			acknowledged.uploads.push({ id: upload.json.attachment_id, bytes });
			const report = await w.submit({ title: `${worker} ${i}`, attachment_ids: [upload.json.attachment_id], custom: { fill: 'x'.repeat(random(5000)) } }, { 'idempotency-key': `${worker}-${i}` });
			if (report.status !== 201) return;
			acknowledged.reports.push({ id: report.json.id, number: report.json.number, title: `${worker} ${i}`, attachment: upload.json.attachment_id, bytes });
		} catch { /* the connection broke: not acknowledged */
			return;
		}
	}
}

test('kill -9 under load: every acknowledged report is whole', async () => {
	const acknowledged = { uploads: [], reports: [] };
	for (let round = 0; round < 3; round++) {
		const workers = Array.from({ length: 8 }, (_, i) => load(`${round}-${i}`, acknowledged, randomFrom(round * 8 + i + 1)));
		const enough = acknowledged.reports.length + 40;
		while (acknowledged.reports.length < enough) await new Promise((done) => setTimeout(done, 5));
		await w.kill9();
		await Promise.all(workers);
		writeFileSync(join(w.dir, 'tmp', 'left-behind'), 'half an upload');
		await w.start();
	}
	assert.ok(acknowledged.reports.length >= 120);
	for (const it of acknowledged.reports) {
		const { status, json } = await w.report(it.id);
		assert.equal(status, 200, it.title);
		assert.deepEqual([json.title, json.number, json.attachments[0].id, json.attachments[0].sha256], [it.title, it.number, it.attachment, createHash('sha256').update(it.bytes).digest('hex')]);
		assert.deepEqual((await w.report(it.id, undefined, `/attachments/${it.attachment}`)).bytes, it.bytes);
	}
	/* An upload that was acknowledged can still be used, a number was given once, temporary files are gone. */
	const used = new Set(acknowledged.reports.map((it) => it.attachment));
	const loose = acknowledged.uploads.filter((it) => !used.has(it.id));
	for (const it of loose) {
		const answer = await w.submit({ title: 'late', attachment_ids: [it.id] });
		assert.ok(answer.status === 201 || answer.json.error.field === 'attachment_ids', 'or the report was stored and its answer lost');
	}
	assert.equal(new Set(acknowledged.reports.map((it) => it.number)).size, acknowledged.reports.length);
	assert.deepEqual(readdirSync(join(w.dir, 'tmp')), []);
	/* A retry of the last acknowledged one is the same one. */
	const last = acknowledged.reports.at(-1);
	const [worker, i] = last.title.split(' ');
	assert.equal((await w.submit({ title: last.title }, { 'idempotency-key': `${worker}-${i}` })).json.id, last.id);
});

test('stopping lets what is under way finish', async () => {
	const answers = Promise.all(Array.from({ length: 20 }, (_, i) => w.submit({ title: `stop ${i}` }).catch(() => null)));
	await new Promise((done) => setTimeout(done, 20));
	await w.end();
	const ids = (await answers).filter((answer) => answer?.status === 201).map((answer) => answer.json.id);
	await w.start();
	for (const id of ids) assert.equal((await w.report(id)).status, 200);
});

test('what is stored is for nobody else and holds no secret', () => {
	const database = readFileSync(join(w.dir, 'rearview.db')).toString('latin1');
	for (const secret of [w.first.api_key, w.first.api_key.slice(14), w.user.password]) assert.ok(!database.includes(secret));
	assert.ok(database.includes(w.first.project_key), 'the search itself finds what is there');
});
