// The public surface: both ways to install, the rules of identify, reports, events, the ladder of
// workers, consent, the npm module. With the real worker and core unless a test says otherwise.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { snippet, snippetCsp } from '../../web/widget/snippet.js';
import { launch, pageWith, recording, root, serve, web } from './harness.mjs';
import { STUB_WORKER } from './model.mjs';

const STUB = { workerUrl: '/stub.js' };

describe('install forms', () => {
	it('are short and cannot be broken out of', () => {
		const text = snippet('https://rv.example.com', 'ws_1', 'pk_1');
		assert.ok(Buffer.byteLength(text) < 1024, `${Buffer.byteLength(text)} bytes`);
		assert.doesNotMatch(snippet('https://x', 'a</script>', 'b</script><!--'), /<\/script|<!--/);
		assert.equal(snippetCsp('https://x', 'w', '"><i>'), '<script async src="https://x/w/rearview.js" data-project="&quot;>&lt;i>"></script>'.replace('"><i>', ''));
	});
	it('import safely where there is no window', () => {
		const out = execFileSync(process.execPath, ['--input-type=module', '-e', `const m = await import(${JSON.stringify(`file://${join(root, 'build/npm/module/rearview.mjs')}`)}); m.init({projectKey: 'x'}); m.default.identify({id: 1}); console.log(typeof m.default.then, Object.keys(m).sort().join())`], { encoding: 'utf8' });
		assert.equal(out.trim(), 'undefined addBreadcrumb,close,consent,default,destroy,exportReplay,hide,identify,init,logout,off,on,open,pause,resume,saveReport,setContext,show,startRecording,stopRecording,submit,takeScreenshot');
	});
});

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`the API in ${engine}`, { timeout: 180_000 }, () => {
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {Awaited<ReturnType<typeof serve>>} */ let site;
		/** @type {import('puppeteer-core').Page} */ let page;
		/** @type {string[]} */ let said;
		before(async () => {
			site = await serve({ '/stub.js': { type: 'text/javascript', body: STUB_WORKER } });
			site.pages['/ws/rearview.js'] = { type: 'text/javascript', body: readFileSync(join(web, 'rearview.js')) };
			for (const name of ['recorder.js', 'selectors.js', 'report.js', 'shot.js', 'flat.js', 'ui.js', 'mark.js', 'screen.js', 'extras.js', 'styles.js', 'logs.js', 'later.js', 'worker.js', 'page.js', 'wasm', 'tools.wasm']) {
				try {
					site.pages[`/ws/rearview.${name}`] = { body: readFileSync(join(web, `rearview.${name}`)), headers: { 'access-control-allow-origin': '*' } };
				} catch {} // not every file has to exist
			}
			browser = await launch(engine);
		});
		after(async () => {
			await browser?.close();
			await site?.close();
		});
		async function open(/** @type {import('./harness.mjs').Page} */ content, path = '/page') {
			site.pages[path] = content;
			await page?.close();
			page = await browser.newPage();
			said = [];
			page.on('console', (message) => said.push(`${message.type()} ${message.text()}`));
			await page.goto(site.base + path);
			return page;
		}
		const withStub = (options = {}) => open(pageWith('<p id="p">x</p>', { options: { ...STUB, ...options } }));

		it('takes the stub over and makes its calls in order', async () => {
			await open(`<!doctype html><body><script>${snippet('', 'ws', 'pk')}</script><script>
				window.held = window.Rearview;
				window.seen = [];
				Rearview.on('identify', (u) => seen.push(u.id));
				Rearview.identify({ id: 'a' });
				Rearview.identify({ id: 'b' });
				Rearview.init({ projectKey: 'pk', endpoint: null });
				window.exported = Rearview.exportReplay();
			</script><p>hello</p>`.replace('"/ws/rearview.js"', '"/ws/rearview.js"'));
			const got = await page.evaluate(async () => {
				const w = /** @type {any} */ (window);
				const events = await w.exported;
				return { types: events.map((/** @type {any} */ e) => e.type), same: w.held === w.Rearview, seen: w.seen, q: 'q' in w.Rearview, then: typeof w.Rearview.then };
			}).catch((error) => assert.fail(`${error} ${said}`));
			assert.deepEqual(got.seen, ['a', 'b']);
			assert.deepEqual([got.same, got.q, got.then], [true, false, 'undefined']);
			assert.deepEqual(got.types.slice(0, 2), [4, 2]);
		});

		it('runs under a strict policy with one tag and no inline script', async () => {
			const policy = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self'; require-trusted-types-for 'script'; trusted-types rearview";
			await open({ body: `<!doctype html><html><head>${snippetCsp('', 'ws', 'pk')}</head><body><p>strict</p></body></html>`.replace('data-project', 'data-endpoint="" data-project'), headers: { 'content-security-policy': policy } });
			await page.waitForFunction(() => /** @type {any} */ (window).Rearview?.init);
			const png = await page.evaluate(async () => {
				const w = /** @type {any} */ (window);
				await new Promise((done) => w.Rearview.on('load', done));
				const events = await w.Rearview.exportReplay();
				const blob = await w.Rearview.takeScreenshot();
				return { events: events.length, head: [...new Uint8Array(await blob.slice(0, 4).arrayBuffer())], type: blob.type };
			});
			assert.ok(png.events >= 2);
			assert.deepEqual(png.head, [0x89, 0x50, 0x4e, 0x47]);
			assert.deepEqual(said.filter((line) => /Content Security|violat|Trusted/i.test(line)), []);
		});

		it('climbs down the ladder: a broken worker, another origin\'s script, no workers at all', async () => {
			const script = (/** @type {string} */ base) => `<script src="${base}/rearview/rearview.js"></script>`;
			const start = 'window.degraded = []; Rearview.on("degrade", (d) => degraded.push(d.what));';
			const works = () => page.evaluate(async () => {
				const w = /** @type {any} */ (window);
				await w.started;
				return [(await w.Rearview.exportReplay()).map((/** @type {any} */ e) => e.type).slice(0, 2), w.degraded.filter((/** @type {string} */ d) => d === 'worker' || d === 'blob')];
			});
			await open(`<!doctype html><body>${script('')}<script>${start} window.started = Rearview.init({projectKey: 'k', endpoint: null, workerUrl: '/none.js'});</script>`);
			assert.deepEqual(await works(), [[4, 2], ['worker']]);
			await open(`<!doctype html><body>${script(site.other)}<script>${start} window.started = Rearview.init({projectKey: 'k', endpoint: null});</script>`);
			assert.deepEqual(await works(), [[4, 2], []]);
			await open(`<!doctype html><body><script>window.Worker = class { constructor() { throw new Error('no'); } };</script>${script('')}<script>${start} window.started = Rearview.init({projectKey: 'k', endpoint: null});</script>`);
			assert.deepEqual(await works(), [[4, 2], ['blob']]);
		});

		it('merges identify as documented', async () => {
			await withStub();
			await recording(page);
			const users = await page.evaluate(() => {
				const w = /** @type {any} */ (window);
				/** @type {any[]} */ const seen = [];
				w.Rearview.on('identify', (/** @type {any} */ u) => seen.push(u));
				w.Rearview.identify({ id: 1, email: 'a@b.c', plan: 'x', city: 'y' });
				w.Rearview.identify({ id: 'two', plan: undefined, city: null, user_id: 9, userId: 8 });
				w.Rearview.identify(JSON.parse('{"id":"three","__proto__":{"evil":1},"constructor":{"prototype":{"evil":1}},"deep":{"__proto__":{"evil":1},"ok":1}}'));
				for (const bad of [undefined, null, 'x', [], {}, { id: '' }, { id: {} }, { email: 'x' }]) w.Rearview.identify(bad);
				w.Rearview.identify({ id: 'many', ...Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`k${i}`, i])) });
				return { seen, evil: /** @type {any} */ ({}).evil };
			});
			assert.deepEqual(users.seen.slice(0, 3), [
				{ id: '1', email: 'a@b.c', plan: 'x', city: 'y' },
				{ id: 'two', email: 'a@b.c', plan: 'x' },
				{ id: 'three', email: 'a@b.c', plan: 'x', deep: { ok: 1 } },
			]);
			assert.equal(users.seen.length, 4);
			assert.equal(users.evil, undefined);
			const errors = said.filter((line) => /^error.*identify/.test(line));
			assert.equal(errors.filter((line) => /"user_id" is a reserved name/.test(line)).length, 1);
			assert.equal(errors.filter((line) => /"userId" is a reserved name/.test(line)).length, 1);
			assert.equal(errors.filter((line) => /needs an object with an id/.test(line)).length, 8);
			assert.equal(said.filter((line) => /^warn.*not recommended/.test(line)).length, 1);
		});

		it('sends what a report needs, lets listeners change or cancel it', async () => {
			await withStub();
			await recording(page);
			const got = await page.evaluate(async () => {
				const { Rearview } = /** @type {any} */ (window);
				const first = await Rearview.saveReport({ title: 'T', description: 'D', custom: { a: 1 }, b: 2, fn() {}, big: 10n }, { url: 'https://other/', screenshot: true });
				Rearview.on('beforesubmit', (/** @type {any} */ r) => { r.title += '!'; r.custom.more = new Date(0); });
				const second = await Rearview.saveReport({ title: 'T' });
				Rearview.on('beforesubmit', () => false);
				const third = await Rearview.saveReport({}).then(() => 'sent', (/** @type {Error} */ e) => e.message);
				Rearview.on('beforesubmit', () => { throw new Error('listener'); });
				return { first, second: second.got, third };
			});
			const { got: report } = got.first;
			assert.equal(report.trigger, 'sdk');
			assert.deepEqual([report.title, report.description, report.custom], ['T', 'D', { a: 1, b: 2, big: '10' }]);
			assert.deepEqual(report.overrides, { url: 'https://other/' });
			assert.deepEqual(report.parts, { replay: true, screenshot: true });
			assert.deepEqual(report.notes, []);
			for (const key of ['url', 'path', 'page_title', 'referrer', 'viewport', 'screen', 'device_pixel_ratio', 'browser', 'platform', 'language', 'connection']) assert.ok(key in report.meta, key);
			assert.equal(report.meta.path, '/page');
			assert.match(report.meta.browser.name, engine === 'firefox' ? /Firefox/ : /Chrome/);
			assert.deepEqual([got.second.title, got.second.custom], ['T!', { more: '1970-01-01T00:00:00.000Z' }]);
			assert.match(got.third, /cancelled/);
		});

		it('starts once, remembers only success, and never throws', async () => {
			await open(pageWith('<p>x</p>', { options: { ...STUB, projectKey: '' } }));
			const got = await page.evaluate(async () => {
				const w = /** @type {any} */ (window);
				const failed = await w.started.catch((/** @type {Error} */ e) => e.message);
				const early = await w.Rearview.saveReport().catch((/** @type {Error} */ e) => e.message);
				const a = w.Rearview.init({ projectKey: 'k', endpoint: null, workerUrl: '/stub.js' });
				const b = w.Rearview.init({ projectKey: 'other', endpoint: null });
				await a;
				let loads = 0;
				w.Rearview.on('load', () => loads++);
				w.Rearview.on('nothing', () => {});
				w.Rearview.off('load', () => {});
				await new Promise((done) => setTimeout(done, 50));
				return { failed, early, same: a === b, loads };
			});
			assert.match(got.failed, /projectKey/);
			assert.match(got.early, /init/);
			assert.deepEqual([got.same, got.loads], [true, 1]);
			assert.deepEqual(said.filter((line) => /Uncaught|unhandled/i.test(line)), []);
		});

		it('records nothing before consent, stops for a pause, starts again after destroy', async () => {
			await open(pageWith('<p id="p">x</p><script>console.log("before consent")</script>', { options: { ...STUB, consent: 'pending' } }));
			const got = await page.evaluate(async () => {
				const w = /** @type {any} */ (window);
				const text = async () => JSON.stringify(await w.Rearview.exportReplay());
				const loadedEarly = performance.getEntriesByType('resource').some((e) => /recorder|stub/.test(e.name));
				w.Rearview.consent('granted');
				await w.started;
				console.log('after consent');
				const first = await text();
				w.Rearview.pause();
				console.log('while paused');
				document.body.append('paused-text');
				await new Promise((done) => setTimeout(done, 300));
				const second = await text();
				w.Rearview.resume();
				console.log('resumed');
				const third = await text();
				w.Rearview.destroy();
				await w.Rearview.init({ projectKey: 'k', endpoint: null, workerUrl: '/stub.js' });
				console.log('second life');
				return { loadedEarly, first, second, third, fourth: await text() };
			});
			assert.equal(got.loadedEarly, false);
			assert.doesNotMatch(got.third, /before consent|while paused/);
			assert.match(got.first, /after consent/);
			assert.doesNotMatch(got.second, /paused-text/);
			assert.match(got.third, /resumed/);
			assert.match(got.third, /paused-text/);
			assert.match(got.fourth, /second life/);
		});

		it('survives a hostile page', async () => {
			await open(pageWith('<p id="p">x</p>', {
				options: STUB,
				tag: '<script src="/rearview/rearview.js"></script>',
				head: '<script>Object.prototype.polluted = 1; Array.prototype.toJSON = () => "no";</script>',
			}).replace('</body>', '<script>Node.prototype.appendChild = () => { throw 1 }; Object.defineProperty(Node.prototype, "firstChild", { get() { throw 2 } }); Element.prototype.getAttribute = () => { throw 3 }; JSON.stringify = () => { throw 4 }; Map.prototype.set.call = null; EventTarget.prototype.addEventListener = () => { throw 5 };</script><img name="currentScript"><form id="f"><input name="nodeType"><input name="parentNode"></form></body>'));
			await recording(page);
			const text = await page.evaluate(async () => {
				document.getElementById('f')?.append('in the form');
				return /** @type {any} */ (window).Rearview.exportReplay().then((/** @type {any} */ all) => all.flatMap((/** @type {any} */ b) => b.strings).join('\n'));
			});
			assert.match(text, /in the form/);
			assert.deepEqual(said.filter((line) => /Uncaught/.test(line)), []);
		});
	});
}
