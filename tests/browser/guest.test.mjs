// The guest's manners: real applications behave the same with the widget as without it, replaced
// functions go back in any order, and a page that broke its own built-ins is recorded all the same.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeApps } from './guest_apps.mjs';
import { launch, pageWith, recording, serve } from './harness.mjs';

const apps = await makeApps();
const TAG = '<script src="/rearview/rearview.js"></script>';
const INIT = '<script>window.started = Rearview.init({projectKey: "test", endpoint: null});</script>';

/** Answers of the page whose functions were taken and given back. Runs in the page. */
const manners = () => {
	const names = ['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource'];
	const shape = (/** @type {any} */ f) => typeof f === 'function' ? [f.name, f.length, /\[native code\]/.test(Function.prototype.toString.call(f)), `${f}`.replace(/\s+/g, ' '), Object.getOwnPropertyNames(f).sort().join(), 'prototype' in f] : typeof f;
	const failure = (/** @type {() => any} */ f) => {
		try {
			f();
			return 'none';
		} catch (error) {
			return `${/** @type {any} */ (error).name}: ${/** @type {any} */ (error).message}`;
		}
	};
	const w = /** @type {any} */ (window);
	return {
		globals: Object.fromEntries(names.map((name) => [name, shape(w[name])])),
		methods: Object.fromEntries([
			['attachShadow', Element.prototype], ['insertRule', CSSStyleSheet.prototype], ['deleteRule', CSSStyleSheet.prototype], ['replaceSync', CSSStyleSheet.prototype],
			['open', XMLHttpRequest.prototype], ['send', XMLHttpRequest.prototype], ['pushState', History.prototype], ['log', console], ['error', console], ['sendBeacon', Navigator.prototype],
		].map(([name, owner]) => [name, shape(/** @type {any} */ (owner)[/** @type {string} */ (name)])])),
		errors: [
			failure(() => document.createElement('br').attachShadow({ mode: 'open' })),
			failure(() => w.Element.prototype.attachShadow.call({}, { mode: 'open' })),
			failure(() => /** @type {any} */ (document.createElement('div')).attachShadow()),
			failure(() => new CSSStyleSheet().insertRule('}{')),
			failure(() => new CSSStyleSheet().deleteRule(7)),
			failure(() => w.XMLHttpRequest.prototype.open.call({})),
			failure(() => w.XMLHttpRequest()),
			failure(() => new w.WebSocket('nowhere:')),
			failure(() => new w.fetch('/')),
			failure(() => w.History.prototype.pushState.call({}, 1, '')),
		],
		classes: [
			new w.XMLHttpRequest() instanceof w.XMLHttpRequest, new (class extends w.XMLHttpRequest {})() instanceof w.XMLHttpRequest, w.WebSocket.OPEN, w.EventSource.CLOSED,
			Object.prototype.toString.call(new w.XMLHttpRequest()), new w.XMLHttpRequest().constructor === w.XMLHttpRequest,
		],
	};
};

/** What a page does to its built-ins before anything else runs, or after everything is loaded. */
const POLLUTION = /** @type {Record<string, string>} */ ({
	'enumerable members on Object.prototype': 'Object.prototype.extra = function () {}; Object.prototype.other = 1;',
	'toJSON everywhere': 'for (const C of [Object, Array, String, Date]) C.prototype.toJSON = function () { return "polluted"; };',
	'a JSON of its own': 'JSON.stringify = () => "{}"; JSON.parse = () => { throw new Error("not this one"); };',
	'array methods of an older library': `
		Array.from = (value) => [value];
		Object.assign(Array.prototype, {
			entries() { return [...this]; }, keys() { return []; }, values() { return []; }, first() { return this[0]; }, include() { return true; }, flatten() { return this; }, clear() { this.length = 0; },
		});`,
	'a promise of its own': `
		const Native = Promise;
		window.Promise = class Other { constructor(run) { this.inner = new Native(run); } then(...all) { const next = new Other(() => {}); next.inner = this.inner.then(...all); return next; } };`,
	'promise methods that throw': 'Promise.all = Promise.race = Promise.resolve = () => { throw new Error("all"); };',
	'maps and sets that throw': 'for (const C of [Map, Set, WeakMap, WeakSet]) for (const name of ["get", "set", "has", "add", "delete", "forEach", "clear", "keys", "values", "entries"]) if (C.prototype[name]) C.prototype[name] = function () { throw new Error(name); };',
	'frozen built-ins': 'for (const C of [Object, Array, Function, Map, Set, Promise, String, Number, Error]) { Object.freeze(C.prototype); Object.freeze(C); } Object.freeze(JSON); Object.freeze(Reflect);',
	'constructors replaced': 'window.Map = window.Set = window.WeakMap = window.WeakSet = window.Uint32Array = window.Float64Array = window.Blob = window.URL = window.Proxy = function () { throw new Error("replaced"); };',
	'clocks that stand still': 'performance.now = () => 0; Date.now = () => 0; window.setTimeout = window.requestIdleCallback = window.requestAnimationFrame = () => 0; window.clearTimeout = () => {};',
	'node methods that throw': `
		for (const [proto, name] of [[Node.prototype, "firstChild"], [Node.prototype, "nextSibling"], [Node.prototype, "parentNode"], [Element.prototype, "shadowRoot"]]) Object.defineProperty(proto, name, { get() { throw new Error(name); }, configurable: true });
		for (const name of ["getAttribute", "getAttributeNames", "matches", "querySelectorAll"]) Element.prototype[name] = function () { throw new Error(name); };`,
});
/* Broken before the script, these leave nothing to take. */
const LATE_ONLY = new Set(['maps and sets that throw', 'constructors replaced', 'clocks that stand still', 'node methods that throw', 'a promise of its own', 'promise methods that throw', 'a JSON of its own']);

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`as a guest in ${engine}`, { timeout: 300_000 }, () => {
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {Awaited<ReturnType<typeof serve>>} */ let site;
		/** @type {string[]} */ let said;
		before(async () => {
			site = await serve({ '/favicon.ico': { type: 'image/png', body: '' }, '/data': { type: 'application/json', body: '{"text":"hello"}' } });
			for (const [name, { script }] of Object.entries(apps)) site.pages[`/${name}-app.js`] = { type: 'text/javascript', body: script };
			browser = await launch(engine);
		});
		after(async () => {
			await browser?.close();
			await site?.close();
		});
		async function open(/** @type {string} */ content) {
			site.pages['/page'] = content;
			const page = await browser.newPage();
			said = [];
			page.on('console', (message) => {
				if (['error', 'warn', 'warning'].includes(message.type())) said.push(`${message.type()} ${message.text()}`);
			});
			page.on('pageerror', (error) => said.push(`thrown ${/** @type {Error} */ (error).stack ?? error}`));
			await page.goto(`${site.base}/page`);
			return page;
		}

		for (const [name, { html, head = '' }] of Object.entries(apps)) {
			it(`leaves ${name} as it is`, async () => {
				const run = async (/** @type {string} */ tag) => {
					const page = await open(`<!doctype html><html><head><meta charset="utf-8"><title>App</title>${head}${tag}</head><body>${html}<script src="/${name}-app.js"></script></body></html>`);
					if (tag) await recording(page);
					const out = await page.evaluate(async () => {
						const w = /** @type {any} */ (window);
						await w.act();
						const checked = [...document.querySelectorAll('input')].map((input) => input.checked);
						const shadow = [...document.querySelectorAll('todo-item')].map((item) => item.shadowRoot?.innerHTML.replace(/\?lit\$\d+\$|lit\$\d+\$/g, ''));
						return { html: /** @type {Element} */ (document.querySelector('#app')).innerHTML.replace(/\?lit\$\d+\$|lit\$\d+\$/g, ''), checked, shadow, turns: w.turns };
					});
					const events = tag ? await page.evaluate(() => /** @type {any} */ (window).Rearview.exportReplay()) : [];
					await page.close();
					return { out, said, events };
				};
				const without = await run('');
				const with_ = await run(TAG + INIT);
				assert.deepEqual(with_.out, without.out);
				assert.deepEqual(with_.said, without.said);
				assert.match(without.out.html + without.out.shadow.join(''), /hello[\s\S]*|eggs/);
				assert.ok(with_.events.some((/** @type {any} */ event) => event.type === 2) && JSON.stringify(with_.events).includes('eggs'));
			});
		}

		it('looks like the functions it replaced', async () => {
			const bare = await open('<!doctype html><title>x</title>');
			const expected = await bare.evaluate(manners);
			await bare.close();
			const page = await open(pageWith(''));
			await recording(page);
			assert.deepEqual(await page.evaluate(manners), expected);
			await page.evaluate(() => /** @type {any} */ (window).Rearview.destroy());
			assert.deepEqual(await page.evaluate(manners), expected);
			await page.close();
		});

		it('adds nothing that is enumerable and takes everything back', async () => {
			const page = await open(`<!doctype html><title>x</title><script>
				window.own = {};
				for (const key in window) own[key] = true;
				window.before = [window.fetch, Element.prototype.attachShadow, CSSStyleSheet.prototype.insertRule, XMLHttpRequest.prototype.open, XMLHttpRequest.prototype.send, History.prototype.pushState, console.log, Element.prototype.animate, window.WebSocket, window.EventSource, Navigator.prototype.sendBeacon, HTMLSlotElement.prototype.assign, CustomElementRegistry.prototype.define];
			</script>${TAG}${INIT}`);
			await recording(page);
			const seen = await page.evaluate(() => {
				const w = /** @type {any} */ (window);
				const now = () => [w.fetch, Element.prototype.attachShadow, CSSStyleSheet.prototype.insertRule, XMLHttpRequest.prototype.open, XMLHttpRequest.prototype.send, History.prototype.pushState, console.log, Element.prototype.animate, w.WebSocket, w.EventSource, Navigator.prototype.sendBeacon, HTMLSlotElement.prototype.assign, CustomElementRegistry.prototype.define];
				const fresh = [];
				for (const key in window) if (!w.own[key] && !['own', 'before', 'started'].includes(key)) fresh.push(key);
				w.Rearview.destroy();
				return { fresh, back: now().map((f, i) => f === w.before[i]), scripts: document.querySelectorAll('script[src*=rearview]').length, attributes: document.documentElement.getAttributeNames() };
			});
			assert.deepEqual(seen.fresh, []);
			assert.ok(seen.back.every(Boolean), JSON.stringify(seen.back));
			assert.equal(seen.scripts, 1, 'the page\'s own tag and no other');
			assert.deepEqual(seen.attributes, []);
			await page.close();
		});

		it('goes between other wrappers in any order', async () => {
			const page = await open(`<!doctype html><title>x</title><script>
				window.calls = [];
				const wrap = (owner, name, tag) => { const was = owner[name]; owner[name] = function (...all) { calls.push(tag); return was.apply(this, all); }; return () => { owner[name] = was; }; };
				wrap(window, 'fetch', 'first'); wrap(console, 'log', 'first'); wrap(XMLHttpRequest.prototype, 'open', 'first'); wrap(Element.prototype, 'attachShadow', 'first');
				window.wrap = wrap;
			</script>${TAG}${INIT}`);
			await recording(page);
			const calls = await page.evaluate(async () => {
				const w = /** @type {any} */ (window);
				const owners = [[window, 'fetch'], [console, 'log'], [XMLHttpRequest.prototype, 'open'], [Element.prototype, 'attachShadow']];
				const undo = owners.map(([owner, name]) => w.wrap(owner, name, 'second'));
				const use = async () => {
					w.calls.length = 0;
					await (await fetch('/data')).text();
					console.log('x');
					new XMLHttpRequest().open('GET', '/data');
					document.createElement('div').attachShadow({ mode: 'open' });
					return w.calls.join();
				};
				const out = [await use()];
				w.Rearview.destroy(); // ours is in the middle now
				out.push(await use());
				for (const f of undo) f(); // theirs goes after ours
				out.push(await use());
				return out;
			});
			const both = 'second,first,second,first,second,first,second,first';
			assert.deepEqual(calls, [both, both, 'first,first,first,first']);
			assert.deepEqual(said, []);
			await page.close();
		});

		for (const [what, script] of Object.entries(POLLUTION)) {
			for (const when of LATE_ONLY.has(what) ? ['after'] : ['before', 'after']) {
				it(`records a page with ${what}, ${when} the script`, async () => {
					const early = when === 'before';
					const page = await open(`<!doctype html><html><head><meta charset="utf-8"><title>x</title>${early ? `<script>${script}</script>` : ''}${TAG}${INIT}${early ? '' : `<script>window.spoil = () => { ${script} };</script>`}</head><body><p id="p">first</p></body></html>`);
					await recording(page);
					const step = () => page.evaluate(() => new Promise((done) => { const { port1, port2 } = new MessageChannel(); port2.onmessage = () => done(0); port1.postMessage(0); }));
					if (!early) await page.evaluate(() => /** @type {any} */ (window).spoil());
					await page.evaluate(() => {
						const p = /** @type {HTMLElement} */ (document.getElementById('p'));
						p.textContent = 'second';
						p.className = 'changed';
						console.log({ a: 1 }, ['b']);
						document.head.appendChild(document.createElement('style')).textContent = 'p { color: red }';
						const host = document.body.appendChild(document.createElement('div'));
						host.attachShadow({ mode: 'open' }).innerHTML = '<b>shadowed</b>';
					});
					await step();
					/* The answer goes through a frame of its own: the page's JSON may be anything. */
					const text = await page.evaluate(() => {
						const w = /** @type {any} */ (window);
						const finish = (/** @type {any} */ given) => {
							const frame = /** @type {any} */ (document.createElement('iframe'));
							document.documentElement.appendChild(frame);
							for (const C of [Object, Array, String, Date]) delete /** @type {any} */ (C.prototype).toJSON;
							return frame.contentWindow.JSON.stringify(given);
						};
						return w.Rearview.exportReplay().then(finish, (/** @type {any} */ error) => `failed: ${error?.stack ?? error}`);
					});
					for (const part of ['second', 'changed', 'shadowed', 'color: red']) assert.ok(text.includes(part), `${part} in ${text.slice(0, 3000)}`);
					assert.deepEqual(said.filter((line) => !/^warn/.test(line)), []);
					await page.close();
				});
			}
		}
	});
}
