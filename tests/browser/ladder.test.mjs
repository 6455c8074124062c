// The ladder under real response headers: whatever a policy or a browser takes away, the page is
// recorded and reported, or the console says once why not, and the page itself never notices. The
// widget comes from a real collector of another origin, as by the script tag.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch, serve } from './harness.mjs';
import { startWorld } from './worker_page.mjs';

const BODY = '<h1 id="h">Ladder</h1><input id="i"><ul id="u"></ul>';

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`the ladder in ${engine}`, { timeout: 300_000 }, () => {
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {Awaited<ReturnType<typeof serve>>} */ let site;
		/** @type {any} */ let world;
		/** @type {string} */ let tag;

		before(async () => {
			world = await startWorld();
			site = await serve({});
			tag = `${world.url}/${world.first.workspace_id}/rearview.js`;
			browser = await launch(engine);
		});
		after(async () => {
			await browser?.close();
			await site?.close();
			await world?.stop();
		});

		/** A policy for the page, which knows the collector and nothing else. */
		const policy = (/** @type {string} */ rest, script = '') =>
			`default-src 'none'; script-src 'nonce-n' ${world.url} ${script}; connect-src ${world.url} ${world.url.replace('http', 'ws')}; img-src data:; style-src 'self'; ${rest}`;

		/**
		 * Opens a page that starts the widget and changes something afterwards.
		 * @param {{csp?: string, options?: object, before?: string, from?: import('puppeteer-core').Browser}} how
		 */
		async function open({ csp = '', options = {}, before = '', from = browser }) {
			const init = { projectKey: world.first.project_key, config: {}, nonce: 'n', ...options };
			site.pages['/page'] = {
				body: `<!doctype html><html><head><title>Ladder</title><script nonce="n">
					window.heard = [];
					window.broken = [];
					addEventListener('error', (e) => broken.push(String(e.message)));
					addEventListener('unhandledrejection', (e) => broken.push(String(e.reason)));
					${before}</script><script nonce="n" src="${tag}"></script><script nonce="n">
					Rearview.on('degrade', (d) => heard.push(d.what));
					window.started = Rearview.init(${JSON.stringify(init)}).then(() => 'started', (error) => String(error));
				</script></head><body>${BODY}</body></html>`,
				headers: csp ? { 'content-security-policy': csp } : {},
			};
			const page = await from.newPage();
			/** @type {string[]} */ const said = [];
			page.on('console', (message) => said.push(`${message.type()} ${message.text()}`));
			await page.goto(`${site.base}/page`);
			const started = await page.evaluate(() => /** @type {any} */ (window).started);
			return { page, said, started };
		}

		/** Records a change, exports and reports it; closes the page. @param {Awaited<ReturnType<typeof open>>} opened @param {string[]} degraded */
		async function works({ page, said, started }, degraded) {
			assert.equal(started, 'started', said.join('\n'));
			const got = await page.evaluate(async () => {
				const w = /** @type {any} */ (window);
				const list = /** @type {Element} */ (document.getElementById('u'));
				list.append(Object.assign(document.createElement('li'), { textContent: 'added later' }));
				console.log('a line of the page');
				const events = await w.Rearview.exportReplay();
				return { types: events.map((/** @type {any} */ e) => e.type).slice(0, 2), text: JSON.stringify(events), saved: await w.Rearview.saveReport({ title: 'ladder' }) };
			});
			assert.deepEqual(got.types, [4, 2]);
			assert.match(got.text, /added later/);
			assert.match(got.text, /a line of the page/);
			assert.ok(got.saved.id, JSON.stringify(got.saved));
			const { json } = await world.report(got.saved.id);
			assert.deepEqual([json.capture.order_violations, json.capture.resyncs, json.capture.snapshots], [0, 0, 1]);
			assert.equal(json.console_logs.some((/** @type {any} */ line) => line.args.includes('a line of the page')), true);
			assert.deepEqual(json.capture.notes.filter((/** @type {string} */ note) => note === 'wasm'), degraded.filter((what) => what === 'wasm'));
			assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).heard), degraded);
			assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).broken), []);
			assert.deepEqual(said.filter((line) => /Rearview/.test(line) && !/Content.Security.Policy|directive/i.test(line)), []);
			await page.close();
		}

		/** It is said once why nothing is recorded, and the page does not notice. @param {Awaited<ReturnType<typeof open>>} opened @param {RegExp} why */
		async function says({ page, said, started }, why) {
			assert.notEqual(started, 'started');
			const lines = said.filter((line) => /Rearview/.test(line) && !/violates|Content.Security.Policy/i.test(line));
			assert.equal(lines.length, 1, said.join('\n'));
			assert.match(lines[0], why);
			assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).broken), []);
			await page.close();
		}

		const hosted = { workerUrl: '/rearview/rearview.worker.js' };

		it('a strict policy without wasm-unsafe-eval, a worker of the same origin: Wasm in that worker', async () => {
			const opened = await open({ csp: policy("worker-src 'self'"), options: hosted });
			await works(opened, []);
			assert.deepEqual(opened.said.filter((line) => /violates|Content.Security.Policy/i.test(line)), []);
		});

		it('a blob worker with wasm-unsafe-eval: the script tag as it is meant', async () => {
			const opened = await open({ csp: policy('worker-src blob:', "'wasm-unsafe-eval'") });
			await works(opened, []);
			assert.deepEqual(opened.said.filter((line) => /violates|Content.Security.Policy/i.test(line)), []);
		});

		it('a blob worker without wasm-unsafe-eval: JavaScript in that worker', async () => {
			await works(await open({ csp: policy('worker-src blob:') }), ['wasm']);
		});

		it('a policy of nonces alone, with wasm-unsafe-eval: a blob worker that has all it needs', async () => {
			const opened = await open({ csp: `default-src 'none'; script-src 'nonce-n' 'wasm-unsafe-eval'; connect-src ${world.url} ${world.url.replace('http', 'ws')}; img-src data:; style-src 'self'; worker-src blob:` });
			await works(opened, []);
		});

		it('no worker, but wasm-unsafe-eval: Wasm in the page', async () => {
			await works(await open({ csp: policy("worker-src 'none'", "'wasm-unsafe-eval'") }), ['blob']);
		});

		it('neither: JavaScript in the page', async () => {
			await works(await open({ csp: policy("worker-src 'none'") }), ['blob', 'wasm']);
		});

		it('a hosted worker that is forbidden or missing: the next rung', async () => {
			await works(await open({ csp: policy('worker-src blob:', "'wasm-unsafe-eval'"), options: hosted }), ['worker']);
			await works(await open({ options: { workerUrl: '/nowhere.js' } }), ['worker']);
		});

		it('Trusted Types: a policy of its own where one is allowed', async () => {
			const types = "require-trusted-types-for 'script'";
			await works(await open({ csp: policy(`worker-src blob:; ${types}; trusted-types rearview`, "'wasm-unsafe-eval'") }), []);
			await works(await open({ csp: policy(`worker-src 'self'; ${types}`), options: hosted }), []);
			await works(await open({ csp: policy(`worker-src blob:; ${types}; trusted-types rearview`) }), ['wasm']);
			await works(await open({ csp: policy(`worker-src 'none'; ${types}; trusted-types rearview`) }), ['blob', 'wasm']);
		});

		it('Trusted Types without a place for its policy: says so', async () => {
			const opened = await open({ csp: policy("worker-src blob:; require-trusted-types-for 'script'; trusted-types other", "'wasm-unsafe-eval'") });
			if (await opened.page.evaluate(() => 'trustedTypes' in window)) await says(opened, /Trusted|sink type/i);
			else await works(opened, []);
		});

		it('an opaque origin: no storage, no locks', async () => {
			await works(await open({ csp: 'sandbox allow-scripts' }), ['storage', 'locks', 'queue_in_memory']);
		});

		it('storage that throws when it is looked at', async () => {
			const before = `for (const name of ['indexedDB', 'localStorage', 'sessionStorage', 'caches']) Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError'); } });`;
			await works(await open({ before }), []);
			await works(await open({ before, csp: policy("worker-src 'none'", "'wasm-unsafe-eval'") }), ['blob', 'storage', 'queue_in_memory']);
		});

		it('a browser without Wasm: JavaScript in the worker', async () => {
			const without = await launch(engine, engine === 'chromium' ? { args: ['--js-flags=--jitless'] } : { prefs: { 'javascript.options.wasm': false } });
			try {
				const opened = await open({ from: without });
				assert.equal(await opened.page.evaluate(() => typeof WebAssembly), 'undefined');
				await works(opened, ['wasm']);
			} finally {
				await without.close();
			}
		});

		for (const name of ['requestIdleCallback', 'Worker', 'SharedWorker', 'ResizeObserver', 'IntersectionObserver', 'PerformanceObserver', 'trustedTypes', 'CSSStyleSheet.prototype.replaceSync', 'navigator.locks', 'structuredClone'])
			it(`a browser without ${name}`, async () => {
				const path = name.split('.');
				const last = path.pop();
				const before = `(() => { const at = ${['window', ...path].join('.')}; Object.defineProperty(at, ${JSON.stringify(last)}, { value: undefined, configurable: true }); })();`;
				await works(await open({ before }), name === 'Worker' ? ['blob'] : []);
			});

		it('a browser without MutationObserver: says so', async () => {
			const opened = await open({ before: 'delete window.MutationObserver;' });
			await says(opened, /MutationObserver/);
		});
	});
}
