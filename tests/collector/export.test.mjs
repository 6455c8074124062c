/* A report's logs as files: HAR 1.2 with all that it requires, and text in which nothing poses as another line. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startWorld } from './world.mjs';

let w;
before(async () => (w = await startWorld()));
after(async () => {
	w.assertSilent();
	await w.stop();
});

const TS = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const report = async (body) => (await w.submit({ title: 't', url: 'https://shop.example/pay', page_title: 'Pay', ...body })).json;
const get = (id, file, key = w.first.api_key) => w.ask(`/r/${id}/${file}`, { headers: { 'x-rearview-api-key': key } });

/** What the specification of HAR 1.2 requires of a log. */
function assertHar(har) {
	const is = (value, type, what) => assert.ok(type === 'array' ? Array.isArray(value) : type === 'whole' ? Number.isInteger(value) : typeof value === type, `${what} is a ${type}, not ${JSON.stringify(value)}`);
	const iso = (value) => assert.match(value, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
	const pairs = (list) => { is(list, 'array', 'list'); for (const { name, value } of list) { is(name, 'string', 'name'); is(value, 'string', 'value'); } };
	assert.deepEqual(Object.keys(har), ['log']);
	const { log } = har;
	assert.equal(log.version, '1.2');
	is(log.creator.name, 'string', 'creator.name');
	is(log.creator.version, 'string', 'creator.version');
	for (const page of log.pages) {
		iso(page.startedDateTime);
		for (const name of ['id', 'title']) is(page[name], 'string', name);
		is(page.pageTimings, 'object', 'pageTimings');
	}
	is(log.entries, 'array', 'entries');
	for (const { pageref, startedDateTime, time, request, response, cache, timings } of log.entries) {
		assert.ok(log.pages.some((page) => page.id === pageref));
		iso(startedDateTime);
		assert.ok(time >= 0);
		for (const name of ['method', 'url', 'httpVersion']) is(request[name], 'string', name);
		for (const name of ['statusText', 'httpVersion', 'redirectURL']) is(response[name], 'string', name);
		is(response.status, 'whole', 'status');
		for (const side of [request, response]) {
			is(side.cookies, 'array', 'cookies');
			pairs(side.headers);
			is(side.headersSize, 'whole', 'headersSize');
			is(side.bodySize, 'whole', 'bodySize');
		}
		pairs(request.queryString);
		if (request.postData) { is(request.postData.mimeType, 'string', 'mimeType'); is(request.postData.params, 'array', 'params'); is(request.postData.text, 'string', 'text'); }
		is(response.content.size, 'whole', 'size');
		is(response.content.mimeType, 'string', 'mimeType');
		is(cache, 'object', 'cache');
		for (const name of ['send', 'wait', 'receive']) assert.ok(timings[name] >= 0, name);
		for (const name of ['blocked', 'dns', 'connect', 'ssl']) assert.ok(timings[name] >= -1, name);
		const sum = ['blocked', 'dns', 'connect', 'send', 'wait', 'receive'].reduce((all, name) => all + Math.max(timings[name], 0), 0);
		assert.ok(Math.abs(sum - time) < 0.01, `${sum} is ${time}`);
	}
}

test('requests as HAR 1.2', async () => {
	const { id } = await report({ browser: { name: 'Chrome', version: '141' }, network_logs: [
		{ ts: new Date(TS).toISOString(), method: 'POST', url: 'https://api.example/pay?a=1&b=%20x&c&=d#e', status: 503, duration_ms: 120.5, request_bytes: 44, response_bytes: 12, type: 'fetch', content_type: 'application/json', protocol: 'h2', initiator: 'fetch', trace: '00-1-2-01', transferred_bytes: 300,
			timings: { blocked: 1, dns: 2.5, connect: 20, tls: 12, wait: 80, receive: 5 }, request_headers: { 'Content-Type': 'application/json' }, response_headers: [['x-id', '7'], { name: 'x-b', value: 'c' }, 3], request_body: '{"a":1}', response_body: { no: 'money' } },
		{ ts: TS + 5, method: '', url: 'https://api.example/live', status: 101, type: 'websocket', state: 'open', frames: [{ ts: TS + 6, direction: 'sent', bytes: 2, text: 'hi' }, { ts: TS + 7, direction: 'received', bytes: 9, binary: true }] },
		{ ts: TS + 9, method: 'GET', url: 'https://api.example/lost', status: 0, duration_ms: 30, error: 'TypeError: Failed to fetch' },
		{ ts: 'yesterday', method: 'GET', url: 'https://api.example/' }, { ts: TS, method: 'GET', url: '' },
	] });
	const answer = await get(id, 'network.har');
	assert.equal(answer.status, 200);
	assert.equal(answer.headers.get('content-type'), 'application/json');
	assert.match(answer.headers.get('content-disposition'), /^attachment; filename="rearview-\d+-network\.har"$/);
	assertHar(answer.json);
	const { entries, pages, browser } = answer.json.log;
	assert.equal(entries.length, 3, 'what has no time or no address is left out');
	assert.deepEqual([pages[0].title, pages[0].startedDateTime, browser.name], ['Pay', '2026-01-02T03:04:05.678Z', 'Chrome']);
	const [pay, live, lost] = entries;
	assert.equal(pay.time, 120.5);
	assert.deepEqual(pay.timings, { blocked: 13, dns: 2.5, connect: 20, send: 0, wait: 80, receive: 5, ssl: 12 });
	assert.deepEqual(pay.request.queryString, [{ name: 'a', value: '1' }, { name: 'b', value: '%20x' }, { name: 'c', value: '' }, { name: '', value: 'd' }]);
	assert.deepEqual(pay.request.postData, { mimeType: 'application/json', params: [], text: '{"a":1}' });
	assert.deepEqual(pay.response.headers, [{ name: 'x-id', value: '7' }, { name: 'x-b', value: 'c' }]);
	assert.deepEqual([pay.response.content.text, pay.response.httpVersion, pay.response._transferSize], ['{"no":"money"}', 'h2', 300]);
	assert.deepEqual(live._webSocketMessages.map(({ type, opcode, data }) => [type, opcode, data]), [['send', 1, 'hi'], ['receive', 2, '']]);
	assert.equal(live.startedDateTime, new Date(TS + 5).toISOString());
	assert.deepEqual([lost.response.status, lost.response._error, lost.timings.wait], [0, 'TypeError: Failed to fetch', 30]);
});

test('a report without requests is a HAR too', async () => {
	const { id } = await report({});
	const { json } = await get(id, 'network.har');
	assertHar(json);
	assert.deepEqual(json.log.entries, []);
	assert.match((await get(id, 'console.txt')).text, /\n\nNothing was written to the console\.\n$/);
});

test('the console as text', async () => {
	const { id } = await report({ title: 'Pay\nfails', console_logs: [
		{ ts: TS, level: 'log', args: ['a', { b: 1 }, 7] },
		{ ts: TS + 1, level: 'group', args: ['checkout'] }, { ts: TS + 2, level: 'warn', depth: 1, args: ['slow'], count: 3 },
		{ ts: TS + 3, level: 'error', kind: 'uncaught', args: ['Error: no'], stack: 'Error: no\n    at pay (app.js:1:2)' },
		{ ts: TS + 4, level: 'log', args: ['one\n2026-01-02T03:04:05.999Z  error  forged', '\u001b[2Jclear\u009b\u202etxet\u2066\r\u0007'] },
		{ ts: 'never', level: 'lo\ng', args: [] },
	] });
	const answer = await get(id, 'console.txt');
	assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8');
	assert.match(answer.headers.get('content-disposition'), /console\.txt"$/);
	assert.equal(answer.text.split('\n').slice(5).join('\n'), [
		'2026-01-02T03:04:05.678Z  log              a {"b":1} 7',
		'2026-01-02T03:04:05.679Z  group            checkout',
		'2026-01-02T03:04:05.680Z  warn               slow (3 times)',
		'2026-01-02T03:04:05.681Z  error            (uncaught) Error: no',
		'                                           Error: no',
		'                                               at pay (app.js:1:2)',
		'2026-01-02T03:04:05.682Z  log              one',
		'                                           2026-01-02T03:04:05.999Z  error  forged \\x1b[2Jclear\\x9b\\u202etxet\\u2066\\x07',
		'                          log              ', ''].join('\n'));
});

test('who may read them is who may read the report', async () => {
	const { id } = await report({});
	const console_ = await w.login();
	for (const file of ['network.har', 'console.txt']) {
		assert.equal((await w.ask(`/r/${id}/${file}`)).status, 401);
		assert.equal((await get(id, file, w.first.project_key)).status, 401);
		assert.equal((await get(id, file, w.other.api_key)).status, 404);
		assert.equal((await get('rep_none', file)).status, 404);
	}
	await console_('DELETE', `reports/${id}`);
	for (const file of ['network.har', 'console.txt']) assert.equal((await get(id, file)).status, 404, 'deleted');
});

test('hostile logs come out as valid files', async () => {
	const odd = [null, 1e300, -1, '\u0000'.replace('\u0000', 'x'), {}, [], [[]], true, '</script><!--', '\ud800'];
	const network_logs = odd.flatMap((value) => [
		{ ts: TS, url: 'https://a/?&&=&=', method: 'x', timings: { wait: value, dns: value }, frames: [value], request_headers: { a: value }, response_headers: [value, [value, value]], request_body: value !== null && typeof value === 'object' ? value : undefined },
		...(typeof value === 'number' ? [{ ts: value, url: 'https://a/', duration_ms: value, status: value, response_bytes: value }] : []),
	]);
	const { id } = await report({ network_logs, console_logs: odd.filter((value) => typeof value === 'number').map((value) => ({ ts: value, level: 'x'.repeat(19), depth: value, count: value, args: odd })) });
	assertHar((await get(id, 'network.har')).json);
	assert.equal((await get(id, 'console.txt')).status, 200);
});
