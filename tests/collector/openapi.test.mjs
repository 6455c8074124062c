/* What docs/openapi.yaml documents is what the collector answers. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { png, replay, startWorld } from './world.mjs';

const text = readFileSync(join(import.meta.dirname, '../../docs/openapi.yaml'), 'utf8');
let w;
let report;
before(async () => {
	w = await startWorld();
	const ids = [(await w.upload(replay(), { kind: 'replay', type: '' })).json.attachment_id, (await w.upload(png())).json.attachment_id];
	report = { ...(await w.submit({ title: 't', attachment_ids: ids, session_token: 'ses_doc' }, { 'idempotency-key': 'doc' })).json, attachment: ids[1] };
	const { sha256 } = (await w.upload(png(), { kind: 'asset' })).json;
	await w.ask('/v1/widget/assets', { method: 'POST', headers: { 'content-type': 'application/json', 'x-project-key': w.first.project_key }, body: JSON.stringify({ submit_key: 'doc', assets: [{ url: 'https://a/b.png', sha256 }] }) });
	report.asset = sha256;
	report.share = new URL((await (await w.login())('POST', `reports/${report.id}/shares`, { days: 1 })).json.url).pathname.split('/')[2];
});
after(() => w.stop());

/** [{method, path, statuses}] */
function operations() {
	const found = [];
	let path = '';
	for (const line of text.slice(text.indexOf('\npaths:'), text.indexOf('\ncomponents:')).split('\n')) {
		const method = /^ {4}(get|post|put|patch|delete):$/.exec(line);
		if (/^ {2}\/.*:$/.test(line)) path = line.trim().slice(0, -1);
		else if (method) found.push({ method: method[1].toUpperCase(), path, statuses: [] });
		else if (/^ {8}'\d{3}':/.test(line)) found.at(-1).statuses.push(Number(line.trim().slice(1, 4)));
	}
	return found;
}

test('every documented operation is answered, and with a status that is documented', async () => {
	const all = operations();
	assert.ok(all.length > 35);
	const common = [400, 413, 415, 426, 429];
	for (const { method, path, statuses } of all) {
		const real = path.replace('{workspaceId}', w.first.workspace_id).replace('{sessionToken}', 'ses_doc').replace('{attachment}', report.attachment).replace('{ws}', w.first.workspace_id).replace('{report}', report.id).replace('{rest}', 'x').replace('{hash}', report.asset).replace('{token}', report.share).replace('{share}', 'shr_none')
			.replace('workspaces/{id}', `workspaces/${w.first.workspace_id}`).replace('{id}', report.id).replace('{key}', 'rvk_none');
		const answer = await w.ask(real, { method, headers: { 'x-rearview-api-key': w.first.api_key, 'x-project-key': w.first.project_key } });
		assert.notEqual(answer.status, 405, `${method} ${path}`);
		assert.ok(statuses.includes(answer.status) || common.includes(answer.status), `${method} ${path} answered ${answer.status}, documented are ${statuses}`);
		/* Only files that are not installed here may be missing. */
		if (answer.status === 404) assert.ok(/^\/(\{ws\}|console|demo|r|s|install|verify|settings|login|$)/.test(path), `${method} ${path}`);
	}
});

test('what is not documented is not there', async () => {
	for (const [method, path] of [['GET', '/api/v1/reports'], ['GET', '/v1/widget/nps'], ['POST', '/api/console/users'], ['GET', '/.git/config'], ['GET', '/rearview.db'], ['GET', '/api']]) assert.equal((await w.ask(path, { method })).status, 404, path);
	for (const [method, path] of [['DELETE', '/v1/widget/config'], ['GET', '/v1/widget/submit'], ['PUT', `/api/v1/reports/${report.id}`], ['GET', '/api/console/login'], ['POST', '/api/console/workspaces']]) assert.equal((await w.ask(path, { method })).status, 405, path);
});

/** The required members of a schema of components, by a look at its lines. */
function required(name) {
	const at = text.indexOf(`\n    ${name}:\n`, text.indexOf('\n  schemas:'));
	return /required: \[([^\]]*)\]/.exec(text.slice(at))[1].split(', ');
}

test('answers have the members their schemas require', async () => {
	const console_ = await w.login();
	const samples = {
		WidgetConfig: (await w.ask(`/v1/widget/config?key=${w.first.project_key}`)).json, Report: (await w.report(report.id)).json, Settings: (await console_('GET', `workspaces/${w.first.workspace_id}/settings`)).json,
		ReportRow: (await console_('GET', 'reports')).json.reports[0], Error: (await w.ask('/v1/widget/config')).json,
	};
	for (const [name, sample] of Object.entries(samples)) for (const member of required(name)) assert.ok(member in sample, `${name}.${member}`);
});
