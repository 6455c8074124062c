// Planted secrets: everything a page can hold them in, at every level, and every byte that leaves the
// browser searched for them. Real collector; replays are searched as the records they hold.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { launch, pageWith, recording, root, serve } from './harness.mjs';

const tool = [process.env.RV_STREAMTOOL, join(root, 'build/asan-ubsan/rv_streamtool'), join(root, 'build/dev/rv_streamtool')].find((path) => path && existsSync(path)) ?? 'rv_streamtool is not built';
/* Through a variable: the collector's helper is not type-checked. */
const collector = '../collector/world.mjs';

/**
 * From which level on a secret must stay inside: `none` is never let out, `inputs` what a person enters,
 * `strict` all text.
 * @type {Record<string, {level: 'none' | 'inputs' | 'strict', text: string}>}
 */
const SECRETS = {};
/** A secret by where it is. Words, so that no pattern finds it. @param {'none' | 'inputs' | 'strict'} level @param {string} place @param {(word: string) => string} [shape] */
function secret(level, place, shape = (word) => word) {
	const n = Object.keys(SECRETS).length;
	const word = `qz${String.fromCharCode(97 + (n / 26 | 0), 97 + n % 26)}${'plover'.slice(n % 4)}`;
	SECRETS[place] = { level, text: word };
	return shape(word);
}
const email = (/** @type {string} */ word) => `${word}@example.com`;
const bearer = (/** @type {string} */ word) => `Bearer ${word}0123456789abcdefghij`;
const query = (/** @type {string} */ word) => `/data?token=${word}&page=2`;
const jwt = (/** @type {string} */ word) => `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(`{"sub":"${word}"}`).toString('base64url')}.${word}AAAAAAAAAAAAAAAAAAAA`;
/** One of its own, by a pattern of the configuration. */
const customer = (/** @type {string} */ word) => `CUST-${word}`;

const FRAME = `<!doctype html><title>${secret('strict', 'a frame\'s title')}</title><p>${secret('strict', 'text in a frame')}</p>
<input value="${secret('inputs', 'a field in a frame')}"><input type="password" value="${secret('none', 'a password in a frame')}"><p data-rv-mask>${secret('none', 'masked text in a frame')}</p>`;

const BODY = `
<h1>${secret('strict', 'text')}</h1><p>marker-text</p>
<p title="${secret('strict', 'a title')}" aria-label="${secret('strict', 'an aria-label')}" data-title="${secret('strict', 'a data-title')}">x</p>
<img alt="${secret('strict', 'an alt')}" src="${secret('none', 'an image\'s address', query)}">
<a href="${secret('none', 'a link\'s address', query)}">${secret('strict', 'a link\'s text')}</a>
<form action="${secret('none', 'a form\'s address', query)}">
<label>${secret('strict', 'a label')}<input id="plain" value="${secret('inputs', 'a field\'s value attribute')}" placeholder="${secret('strict', 'a placeholder')}"></label>
<input type="hidden" value="${secret('inputs', 'a hidden field')}">
<input type="email" value="${secret('inputs', 'an e-mail field')}"><input type="tel" value="${secret('inputs', 'a telephone field')}"><input type="search" value="${secret('inputs', 'a search field')}"><input type="url" value="http://${secret('inputs', 'an address field')}.example">
<textarea>${secret('inputs', 'a text area')}</textarea>
<input id="typed"><input id="scripted"><textarea id="area"></textarea>
<input id="pass" type="password"><input id="shown" type="password" value="${secret('none', 'a password that is shown later')}">
<input autocomplete="cc-number" value="${secret('none', 'a card number field')}"><input name="cvv" value="${secret('none', 'a card code field')}"><input autocomplete="one-time-code" value="${secret('none', 'a one-time code')}"><input autocomplete="current-password" value="${secret('none', 'a password by autocomplete')}">
<select><option value="${secret('strict', 'an option\'s value')}">${secret('strict', 'an option')}</option></select>
<input type="submit" value="${secret('strict', 'a button\'s label')}">
</form>
<div contenteditable>${secret('inputs', 'an editable element')}</div>
<div data-rv-mask><p>${secret('none', 'masked text')}</p><b title="${secret('none', 'a masked title')}">x</b><i data-rv-allow>marker-allowed</i></div>
<div class="private">${secret('none', 'text masked by a selector')}</div>
<div data-rv-block><p>${secret('none', 'blocked text')}</p><img alt="${secret('none', 'a blocked alt')}"></div>
<div class="hidden-part" title="${secret('none', 'a title blocked by a selector')}">${secret('none', 'text blocked by a selector')}</div>
<div id="later">x</div><div id="masked-later"><p>marker-before</p></div>
<style>.a::before { content: "${secret('strict', 'generated content')}"; background: url("${secret('none', 'an address in a sheet', query)}") }</style>
<svg><text>${secret('strict', 'text in SVG')}</text><title>${secret('strict', 'a title in SVG')}</title></svg>
<noscript>${secret('strict', 'noscript')}</noscript><template><p>${secret('strict', 'a template')}</p></template>
<!-- ${secret('strict', 'a comment')} -->
<div id="host"></div><div id="closed"></div><canvas id="canvas" width="200" height="40"></canvas>
<iframe id="frame" src="/frame"></iframe><iframe srcdoc="<p>${secret('strict', 'srcdoc')}</p>"></iframe>
<progress value="0.5"></progress><output>${secret('strict', 'an output')}</output>
<script type="application/json">{"key":"${secret('none', 'a data script')}"}</script>
`;

const inPage = {
	storage: secret('none', 'localStorage'), session: secret('none', 'sessionStorage'), cookie: secret('none', 'a cookie'),
	scripted: secret('inputs', 'a value set by a script'), area: secret('inputs', 'a text area set by a script'),
	text: secret('strict', 'text set later'), attribute: secret('strict', 'a title set later'), masked: secret('none', 'text under an element masked later'), moved: secret('none', 'text moved under a mask'),
	shadowText: secret('strict', 'text in a shadow root'), shadowField: secret('inputs', 'a field in a shadow root'), shadowMasked: secret('none', 'masked text in a shadow root'),
	shadowSheet: secret('strict', 'content of an adopted sheet'), closedText: secret('strict', 'text in a closed root'), closedField: secret('inputs', 'a field in a closed root'),
	rule: secret('strict', 'content of an inserted rule'), style: secret('none', 'an address in a style attribute', query),
	logText: secret('none', 'an e-mail address in the console', email), logObject: secret('none', 'a token in a logged object', bearer), logNested: secret('none', 'a JWT deep in a logged object', jwt), logTable: secret('none', 'an e-mail address in a table', email),
	logCustom: secret('none', 'a customer number in the console', customer), logGroup: secret('none', 'an e-mail address in a group', email), logFormat: secret('none', 'an e-mail address by a format', email), logError: secret('none', 'an e-mail address in a logged error', email),
	error: secret('none', 'an e-mail address in an error', email), cause: secret('none', 'an e-mail address in a cause', email), rejection: secret('none', 'a token in a rejection', bearer), reason: secret('none', 'an e-mail address in a plain reason', email),
	fetchUrl: secret('none', 'the address of a fetch', query), fetchHeader: secret('none', 'a request header', bearer), fetchBody: secret('none', 'a request body'), xhrUrl: secret('none', 'the address of an XHR', query), xhrBody: secret('none', 'an XHR\'s body'),
	beacon: secret('none', 'a beacon\'s body'), beaconUrl: secret('none', 'a beacon\'s address', query), push: secret('none', 'an address pushed', query), hash: secret('none', 'a token in the hash', (word) => `#access_token=${word}`),
	failed: secret('none', 'the address of a failed image', query), imported: secret('none', 'the address of a failed script', query), title: secret('strict', 'the page\'s title'), canvas: secret('none', 'a canvas'), clipboard: secret('none', 'the clipboard'), selection: secret('strict', 'selected text'),
	socket: secret('none', 'a token sent by a WebSocket', bearer), source: secret('none', 'the address of an EventSource', query), animation: secret('strict', 'content held by an animation'), details: secret('strict', 'text in details'), dialog: secret('strict', 'text in a dialog'), popover: secret('strict', 'text in a popover'),
	blob: secret('strict', 'text of a blob page'), constructed: secret('none', 'an address in a constructed sheet', query), font: secret('none', 'the address of a font', query), transient: secret('inputs', 'a value that was soon cleared'), datalist: secret('strict', 'a datalist option'), named: secret('none', 'a named window', email),
};
const address = secret('none', 'the page\'s address', (word) => `?session_id=${word}`);
const responseBody = secret('none', 'a response body');
const responseHeader = secret('none', 'a response header', bearer);
const typed = { plain: secret('inputs', 'typed text'), pass: secret('none', 'a typed password'), editable: secret('inputs', 'text typed into an editable element') };

/** What the page does once it is recorded. */
async function act(/** @type {typeof inPage} */ s) {
	const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
	const attempt = (/** @type {() => any} */ f) => {
		try {
			return f();
		} catch {}
	};
	localStorage.setItem('secret', s.storage);
	sessionStorage.setItem('secret', s.session);
	document.cookie = `secret=${s.cookie}`;
	$('scripted').value = s.scripted;
	$('area').value = s.area;
	$('shown').type = 'text';
	$('later').textContent = s.text;
	$('later').title = s.attribute;
	$('later').style.backgroundImage = `url("${s.style}")`;
	$('masked-later').setAttribute('data-rv-mask', '');
	const inner = document.createElement('p');
	inner.textContent = s.masked;
	$('masked-later').append(inner);
	const wander = document.createElement('p');
	wander.textContent = s.moved;
	$('masked-later').append(wander);
	const root = $('host').attachShadow({ mode: 'open' });
	root.innerHTML = `<p>${s.shadowText}</p><input value="${s.shadowField}"><p data-rv-mask>${s.shadowMasked}</p>`;
	const sheet = new CSSStyleSheet();
	sheet.replaceSync(`p::after { content: "${s.shadowSheet}" } b { background: url("${s.constructed}") }`);
	root.adoptedStyleSheets = [sheet];
	$('closed').attachShadow({ mode: 'closed' }).innerHTML = `<p>${s.closedText}</p><input value="${s.closedField}">`;
	/** @type {any} */ (document.styleSheets[0]).insertRule(`.b::before { content: "${s.rule}" }`);
	attempt(() => document.body.animate([{ content: `"${s.animation}"` }, { opacity: 1 }], { duration: 1, fill: 'forwards' }));
	document.body.insertAdjacentHTML('beforeend', `<details open><summary>x</summary>${s.details}</details><dialog id="d">${s.dialog}</dialog><div id="pop" popover>${s.popover}</div><p id="sel">${s.selection}</p><datalist><option value="${s.datalist}"></datalist><input id="brief">`);
	$('d').showModal?.();
	$('d').close?.();
	attempt(() => $('pop').showPopover());
	getSelection()?.selectAllChildren($('sel'));
	$('brief').value = s.transient;
	$('brief').dispatchEvent(new Event('input', { bubbles: true }));
	await new Promise((done) => setTimeout(done, 300));
	$('brief').value = '';
	const context = $('canvas').getContext('2d');
	context.font = '20px sans-serif';
	context.fillText(s.canvas, 0, 30);
	$('canvas').setAttribute('data-rv-mask', '');
	document.title = s.title;
	console.log('marker-console', s.logText);
	console.log({ headers: { authorization: s.logObject } }, [[{ deep: s.logNested }]]);
	console.table?.([{ mail: s.logTable }]);
	console.warn(s.logCustom);
	console.group(s.logGroup);
	console.log('%s and %o', s.logFormat, { mail: s.logFormat });
	console.groupEnd();
	console.error(new Error(`no ${s.logError}`));
	setTimeout(() => {
		throw new Error(`failed for ${s.error}`, { cause: new Error(s.cause) });
	});
	Promise.reject(new Error(s.rejection));
	Promise.reject({ mail: s.reason });
	const frame = $('frame').contentWindow;
	attempt(() => frame.console.log(s.named));
	await fetch(s.fetchUrl, { method: 'POST', headers: { authorization: s.fetchHeader, 'x-mark': '1' }, body: JSON.stringify({ password: s.fetchBody }) }).then((r) => r.text());
	await new Promise((done) => {
		const xhr = new XMLHttpRequest();
		xhr.open('POST', s.xhrUrl);
		xhr.setRequestHeader('authorization', s.fetchHeader);
		xhr.onloadend = done;
		xhr.send(s.xhrBody);
	});
	navigator.sendBeacon(s.beaconUrl, s.beacon);
	history.pushState({}, '', s.push);
	history.replaceState({}, '', s.hash);
	const image = new Image();
	image.src = s.failed.replace('/data', '/missing');
	document.body.append(image);
	const script = document.createElement('script');
	script.src = s.imported.replace('/data', '/missing');
	document.body.append(script);
	attempt(() => document.fonts.add(new FontFace('x', `url("${s.font}")`)));
	attempt(() => {
		const socket = new WebSocket(location.origin.replace('http', 'ws') + '/socket');
		socket.onopen = () => socket.send(s.socket);
	});
	attempt(() => new EventSource(s.source));
	const copied = new ClipboardEvent('copy', { bubbles: true, clipboardData: new DataTransfer() });
	copied.clipboardData?.setData('text/plain', s.clipboard);
	document.body.dispatchEvent(copied);
	const page = document.createElement('iframe');
	page.src = URL.createObjectURL(new Blob([`<p>${s.blob}</p>`], { type: 'text/html' }));
	document.body.append(page);
	await new Promise((done) => {
		page.onload = done;
	});
	await new Promise((done) => setTimeout(done, 1500));
}

/** Passes everything on to the collector and keeps what the browser sent. */
async function startTap(/** @type {string} */ upstream) {
	const to = new URL(upstream);
	/** @type {{path: string, bytes: Buffer, type: string}[]} */
	const sent = [];
	const server = createServer(async (req, res) => {
		/** @type {Buffer[]} */
		const chunks = [];
		for await (const chunk of req) chunks.push(chunk);
		const body = Buffer.concat(chunks);
		sent.push({ path: req.url ?? '', bytes: Buffer.concat([Buffer.from(`${req.method} ${req.url}\n${req.rawHeaders.join('\n')}\n\n`), body]), type: `${req.headers['content-encoding'] ?? ''}` });
		const onward = request({ host: to.hostname, port: to.port, method: req.method, path: req.url, headers: { ...req.headers, host: to.host } }, (answer) => {
			answer.pipe(res.writeHead(answer.statusCode ?? 0, answer.headers));
		});
		onward.on('error', () => res.destroy());
		onward.end(body);
	});
	/** @type {Set<import('node:stream').Duplex>} */
	const sockets = new Set();
	server.on('upgrade', (req, socket, head) => {
		sockets.add(socket);
		sent.push({ path: req.url ?? '', bytes: Buffer.from(`${req.url}\n${req.rawHeaders.join('\n')}`), type: '' });
		const onward = connect(Number(to.port), to.hostname, () => {
			const lines = req.rawHeaders.reduce((all, value, i) => (i % 2 ? `${all}: ${value}\r\n` : all + value), '');
			onward.write(`${req.method} ${req.url} HTTP/1.1\r\n${lines}\r\n`);
			onward.write(head);
			onward.pipe(socket);
		});
		let frames = Buffer.alloc(0);
		socket.on('data', (chunk) => {
			onward.write(chunk);
			frames = Buffer.concat([frames, chunk]);
			for (;;) {
				if (frames.length < 6) return;
				let length = frames[1] & 127;
				let at = 2;
				if (length === 126) [length, at] = [frames.readUInt16BE(2), 4];
				if (frames.length < at + 4 + length) return;
				const mask = frames.subarray(at, at + 4);
				sent.push({ path: 'frame', bytes: Buffer.from(frames.subarray(at + 4, at + 4 + length).map((byte, i) => byte ^ mask[i & 3])), type: '' });
				frames = frames.subarray(at + 4 + length);
			}
		});
		const end = () => {
			onward.destroy();
			socket.destroy();
		};
		onward.on('error', end).on('close', end);
		socket.on('error', end).on('close', end);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
	return {
		url: `http://127.0.0.1:${port}`, sent,
		async stop() {
			for (const socket of sockets) socket.destroy();
			server.closeAllConnections();
			server.close();
		},
	};
}

/** Everything readable in what was sent: as it is, unpacked, and the records of native streams. */
function readable(/** @type {{bytes: Buffer, type: string}[]} */ sent, /** @type {string} */ dir) {
	const texts = [];
	let n = 0;
	for (const { bytes, type } of sent) {
		const text = bytes.toString('latin1');
		texts.push(text, text.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16))));
		if (type) {
			const body = bytes.subarray(bytes.indexOf('\n\n') + 2);
			const unpack = { gzip: gunzipSync, deflate: inflateSync, 'deflate-raw': inflateRawSync, br: brotliDecompressSync }[type];
			assert.ok(unpack, `an unknown encoding ${type}`);
			texts.push(unpack(body).toString('latin1'));
		}
		for (let at = bytes.indexOf('RVR1'); at >= 0; at = bytes.indexOf('RVR1', at + 4)) {
			const file = join(dir, `${n++}.rvr`);
			const end = bytes.indexOf('\r\n--', at);
			writeFileSync(file, bytes.subarray(at, end < 0 ? undefined : end));
			texts.push(execFileSync(tool, ['records', file], { maxBuffer: 1 << 28 }).toString('latin1'), execFileSync(tool, ['rrweb', file], { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] }).toString('latin1'));
		}
	}
	return { text: texts.join('\n'), streams: n };
}

const LEVELS = /** @type {const} */ (['none', 'inputs', 'strict']);
for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`planted secrets in ${engine}`, { timeout: 300_000 }, () => {
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {Awaited<ReturnType<typeof serve>>} */ let site;
		/** @type {any} */ let world;
		/** @type {Awaited<ReturnType<typeof startTap>>} */ let tap;
		/** @type {string} */ let dir;
		before(async () => {
			dir = mkdtempSync(join(tmpdir(), 'rv-secrets-'));
			world = await (await import(collector)).startWorld();
			tap = await startTap(world.url);
			site = await serve({ '/frame': FRAME, '/data': { type: 'application/json', body: JSON.stringify({ token: responseBody }), headers: { 'x-auth-token': responseHeader } }, '/favicon.ico': { type: 'image/png', body: '' } });
			browser = await launch(engine);
		});
		after(async () => {
			await browser?.close();
			await site?.close();
			await tap?.stop();
			await world?.stop();
			rmSync(dir, { recursive: true, force: true });
		});

		for (const level of LEVELS) {
			it(`stay inside at level ${level}`, async () => {
				tap.sent.length = 0;
				const config = {
					capture: { console: true, network: true, canvas: true, window_ms: 600_000 },
					privacy: { level, mask_selectors: ['.private'], block_selectors: ['.hidden-part'], redact_patterns: ['CUST-[a-z]+'] },
					actions: { always_connect: true },
				};
				site.pages['/page'] = pageWith(BODY, { options: { projectKey: world.first.project_key, endpoint: tap.url, config }, head: `<meta name="description" content="${'x'}">` });
				/* A profile of its own: a level that became stricter is another matter. */
				const profile = await browser.createBrowserContext();
				const page = await profile.newPage();
				await page.goto(`${site.other}/page${address}`);
				await recording(page);
				await page.evaluate(() => /** @type {any} */ (window).Rearview.identify({ id: 'marker-user' }));
				await page.type('#typed', typed.plain);
				await page.type('#pass', typed.pass);
				await page.click('[contenteditable]');
				await page.keyboard.type(typed.editable);
				await page.evaluate(act, inPage);
				const saved = await page.evaluate(() => /** @type {any} */ (window).Rearview.saveReport({ title: 'marker-report' }, { screenshot: true }));
				assert.ok(saved.id, JSON.stringify(saved));
				await profile.close();
				const { text, streams } = readable(tap.sent, dir);
				assert.ok(streams > 0, 'a replay was sent');
				for (const mark of ['marker-report', 'marker-user', 'marker-console', 'marker-allowed', ...(level === 'strict' ? [] : ['marker-text'])]) assert.ok(text.includes(mark), `${mark} was sent`);
				const found = Object.entries(SECRETS).filter(([, { level: from, text: word }]) => LEVELS.indexOf(level) >= LEVELS.indexOf(from) && text.includes(word));
				assert.deepEqual(found.map(([place, { text: word }]) => `${place}: …${text.slice(Math.max(0, text.indexOf(word) - 80), text.indexOf(word) + 40)}…`), []);
				/* What a level lets out is there: otherwise the search proves nothing. */
				const open = Object.values(SECRETS).filter(({ level: from, text: word }) => LEVELS.indexOf(level) < LEVELS.indexOf(from) && text.includes(word));
				const expected = Object.values(SECRETS).filter(({ level: from }) => LEVELS.indexOf(level) < LEVELS.indexOf(from));
				assert.ok(open.length >= expected.length * 0.75, `${open.length} of ${expected.length}`);
			});
		}

		it('stay inside when the settings have become stricter', async () => {
			const profile = await browser.createBrowserContext();
			const page = await profile.newPage();
			/** Opens the page at a level and sends a report. */
			const visit = async (/** @type {string} */ level, /** @type {string} */ body) => {
				tap.sent.length = 0;
				site.pages['/page'] = pageWith(body, { options: { projectKey: world.first.project_key, endpoint: tap.url, config: { privacy: { level } } } });
				await page.goto(`${site.other}/page`);
				await recording(page);
				const saved = await page.evaluate(() => /** @type {any} */ (window).Rearview.saveReport({ title: 'marker-report' }));
				assert.ok(saved.id, JSON.stringify(saved));
				return readable(tap.sent, dir).text;
			};
			assert.match(await visit('none', '<input value="marker-loose">'), /marker-loose/);
			assert.match(await visit('none', '<p>marker-same</p>'), /marker-loose/, 'the window goes on while the settings stay');
			const text = await visit('inputs', '<p>marker-strict</p>');
			assert.match(text, /marker-strict/);
			assert.doesNotMatch(text, /marker-loose/);
			await profile.close();
		});
	});
}
