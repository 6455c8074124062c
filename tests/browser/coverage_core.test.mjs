// What the recorder holds on to and how long it works at a time: nodes and frames that are gone are
// released, a large page is walked in short slices, listeners survive document.open(), and privacy
// attributes count wherever they are and whenever they change.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch, pageWith, recording, serve } from './harness.mjs';
import { STUB_WORKER, recorded } from './model.mjs';

describe('recorder, over time', { timeout: 300_000 }, () => {
	/** @type {import('puppeteer-core').Browser} */ let browser;
	/** @type {Awaited<ReturnType<typeof serve>>} */ let site;
	/** @type {import('puppeteer-core').Page} */ let page;
	before(async () => {
		site = await serve({ '/stub.js': { type: 'text/javascript', body: STUB_WORKER } });
		browser = await launch('chromium', { args: ['--js-flags=--expose-gc'] });
	});
	after(async () => {
		await browser?.close();
		await site?.close();
	});
	async function open(/** @type {string} */ body, /** @type {Parameters<typeof pageWith>[1]} */ given = {}) {
		site.pages['/page'] = pageWith(body, { ...given, options: { workerUrl: '/stub.js', ...given.options } });
		await page?.close();
		page = await browser.newPage();
		await page.goto(`${site.base}/page`);
		await recording(page);
		return page;
	}
	async function same() {
		const got = await recorded(page);
		assert.equal(got.shown, got.live);
		return got;
	}

	it('releases nodes, shadow roots and frames that are gone', async () => {
		await open('<main></main>', { head: '<script>customElements.define("x-m", class extends HTMLElement { constructor() { super(); this.attachShadow({mode: "open"}).innerHTML = "<input><p>s</p>"; } });</script>' });
		await page.evaluate(async () => {
			const w = /** @type {any} */ (window);
			w.refs = [];
			const main = /** @type {HTMLElement} */ (document.querySelector('main'));
			for (let round = 0; round < 10; round++) {
				main.innerHTML = '<section><input value=1><select><option>a</select><textarea>t</textarea><x-m></x-m><div data-rv-block>b</div><p>x</p></section>'.repeat(200) + '<iframe srcdoc="<p>in</p><input>"></iframe>'.repeat(5);
				await Promise.all([...main.querySelectorAll('iframe')].map((frame) => new Promise((done) => (frame.onload = done))));
				await new Promise((done) => setTimeout(done, 150));
				for (const element of main.querySelectorAll('*')) w.refs.push(new WeakRef(element));
				for (const frame of main.querySelectorAll('iframe')) w.refs.push(new WeakRef(/** @type {any} */ (frame.contentDocument)), new WeakRef(/** @type {any} */ (frame.contentWindow)));
				main.replaceChildren();
			}
		});
		const { counts } = await same();
		assert.equal(counts.epoch, 1);
		const left = await page.evaluate(async () => {
			const w = /** @type {any} */ (window);
			let left = w.refs.length;
			for (let i = 0; i < 120 && left; i++) {
				await new Promise((done) => setTimeout(done, 250));
				w.gc();
				w.refs = w.refs.filter((/** @type {WeakRef<any>} */ ref) => ref.deref());
				left = w.refs.length;
			}
			return w.refs.map((/** @type {WeakRef<any>} */ ref) => String(ref.deref()));
		});
		assert.deepEqual([...new Set(left)], []);
	});

	it('walks 70,000 elements in short slices', async () => {
		await open('<div id="root"></div>', { head: '<script>window.tasks = []; new PerformanceObserver((list) => tasks.push(...list.getEntries().map((e) => e.duration))).observe({type: "longtask"}); document.addEventListener("DOMContentLoaded", () => { root.innerHTML = "<ul>" + "<li class=row><a href=#x>link</a> <b>b</b> text <i title=t>i</i></li>".repeat(17500) + "</ul>"; });</script>' });
		/* Every slice of ours is measured by itself: the machine's own pauses do not count. */
		const { counts } = await same();
		assert.equal(counts.epoch, 1);
		assert.ok(counts.element > 70_000);
		assert.equal(counts.snapshot_done, 1);
	});

	it('hears again after document.open() has taken all listeners away', async () => {
		await open('<p>before</p>');
		await same();
		await page.evaluate(() => {
			document.open();
			document.write('<!doctype html><html><head></head><body><button id="b">b</button><input id="i"><div id="s" style="height:40px;overflow:auto"><p style="height:400px">x</p></div></body></html>');
			document.close();
		});
		await page.waitForFunction(() => document.getElementById('i'));
		await same();
		await page.click('#b');
		await page.type('#i', 'abc');
		await page.evaluate(async () => {
			const s = /** @type {HTMLElement} */ (document.getElementById('s'));
			await new Promise((done) => {
				s.addEventListener('scroll', done);
				s.scrollTop = 50;
			});
			await new Promise((done) => setTimeout(done, 200));
		});
		const { records, nodes } = await same();
		const of = (/** @type {string} */ id) => [...nodes.values()].find((n) => n.attributes?.get('id') === id);
		assert.equal(records.filter((r) => r.is === 'pointer' && r.kind === 2 && r.node === of('b').id).length, 1);
		assert.equal(of('i').input.len, 3);
		assert.equal(of('s').scroll.y, 50);
	});

	it('begins anew when a document that was replaced is of another mode', async () => {
		await open('<p>before</p>');
		await same();
		await page.evaluate(() => {
			document.open();
			document.write('<p id="q">quirky</p>');
			document.close();
		});
		await page.waitForFunction(() => document.compatMode === 'BackCompat');
		await page.waitForFunction(async () => (await /** @type {any} */ (window).Rearview.exportReplay()).filter((/** @type {any} */ b) => b.seq === 1).length === 2);
		const { records } = await same();
		assert.equal(records.filter((r) => r.is === 'document').pop()?.flags, 1);
	});

	it('keeps inner offsets from before, late definitions and slots assigned by hand', async () => {
		await open('<div id="s" style="height:40px;overflow:auto"><p style="height:400px">x</p></div><x-a id="a"></x-a><div id="h"><b id="one">1</b><b id="two">2</b></div>', {
			head: '<script>addEventListener("DOMContentLoaded", () => { s.scrollTop = 70; const r = h.attachShadow({mode: "closed", slotAssignment: "manual"}); r.innerHTML = "<slot id=x></slot><slot id=y></slot>"; window.root = r; r.getElementById("y").assign(one); });</script>',
		});
		const of = (/** @type {any} */ nodes, /** @type {string} */ id) => [...nodes.values()].find((n) => n.attributes?.get('id') === id);
		const until = async (/** @type {(got: any) => boolean} */ isThere) => {
			for (let i = 0; ; i++) {
				const got = await recorded(page);
				if (isThere(got)) return got;
				assert.ok(i < 40);
				await page.evaluate(() => new Promise((done) => setTimeout(done, 100)));
			}
		};
		const first = await until(({ records, nodes }) => of(nodes, 's').scroll?.y === 70 && records.some((/** @type {any} */ r) => r.is === 'assign' && r.group.length));
		const assigned = (/** @type {any} */ got, /** @type {string} */ slot) => got.records.filter((/** @type {any} */ r) => r.is === 'assign' && r.slot === of(got.nodes, slot).id).pop()?.group.map((/** @type {any} */ g) => g[0]);
		assert.deepEqual(assigned(first, 'y'), [of(first.nodes, 'one').id]);
		assert.equal([...first.nodes.values()].find((n) => n.kind === 'shadow')?.parent, null);
		await page.evaluate(() => {
			/** @type {any} */ (window).root.getElementById('x').assign(document.getElementById('two'), document.getElementById('one'));
			customElements.define('x-a', class extends HTMLElement {});
		});
		const second = await until(({ counts }) => counts.upgraded === 1 && counts.assign >= 3);
		assert.deepEqual(assigned(second, 'x'), [of(second.nodes, 'two').id, of(second.nodes, 'one').id]);
	});

	it('obeys privacy attributes that come and go on ancestors, in shadow roots and in frames', async () => {
		await open('<div id="outer"><x-p id="host"></x-p><iframe id="f" srcdoc="<div id=d><p id=inframe>frame text</p><input id=fi value=framevalue></div>"></iframe></div>', {
			head: '<script>customElements.define("x-p", class extends HTMLElement { constructor() { super(); this.attachShadow({mode: "open"}).innerHTML = "<div id=inner><p id=inshadow>shadow text</p><input id=si value=shadowvalue></div>"; } });</script>',
			options: { config: { privacy: { level: 'none' } } },
		});
		await page.waitForFunction(() => /** @type {any} */ (document.getElementById('f')).contentDocument.getElementById('fi'));
		const look = async () => {
			const { nodes } = await same();
			const of = (/** @type {string} */ id) => [...nodes.values()].find((n) => n.attributes?.get('id') === id);
			return { of, flags: (/** @type {string} */ id) => of(id)?.flags };
		};
		let { of, flags } = await look();
		assert.deepEqual([flags('inshadow'), flags('inframe'), of('si').input.value, of('fi').input.value], [0, 0, 'shadowvalue', 'framevalue']);
		await page.evaluate(() => document.getElementById('outer')?.setAttribute('data-rv-mask', ''));
		({ of, flags } = await look());
		assert.deepEqual([flags('inshadow'), flags('inframe'), of('si').input.value, of('fi').input.value, of('fi').input.len], [4, 4, null, null, 10]);
		await page.evaluate(() => /** @type {any} */ (document.getElementById('host')).shadowRoot.getElementById('inner').setAttribute('data-rv-allow', ''));
		({ of, flags } = await look());
		assert.deepEqual([flags('inshadow'), flags('inframe')], [16, 4]);
		await page.evaluate(() => /** @type {any} */ (document.getElementById('f')).contentDocument.getElementById('d').setAttribute('data-rv-block', ''));
		({ of, flags } = await look());
		assert.equal(of('inframe'), undefined);
		await page.evaluate(() => {
			document.getElementById('outer')?.removeAttribute('data-rv-mask');
			/** @type {any} */ (document.getElementById('f')).contentDocument.getElementById('d').removeAttribute('data-rv-block');
		});
		({ of, flags } = await look());
		assert.deepEqual([flags('inshadow'), flags('inframe'), of('fi').input.value], [16, 0, 'framevalue']);
		await page.evaluate(() => document.getElementById('f')?.setAttribute('data-rv-block', ''));
		({ of, flags } = await look());
		assert.equal(of('inframe'), undefined);
		assert.equal(of('f').frame ?? null, null);
	});
});
