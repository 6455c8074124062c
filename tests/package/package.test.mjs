// The package as others see it: its manifest, its types, where it can be imported, what it does beside another
// copy, where something is missing, and what it leaves behind.
import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { build } from 'esbuild';
import { launch } from '../browser/harness.mjs';
import { pack, project, recipes, root, run, serveFolder } from './world.mjs';

const USE = `
import rearview, { init, on, saveReport, exportReplay, type Events } from 'rearview';
import { RearviewProvider, useRearview } from 'rearview/react';
import 'rearview/worker';
init({ projectKey: 'k', endpoint: null });
on('submit', ({ number, key }) => { const n: number | undefined = number; const k: string = key; });
on('beforesubmit', (draft: Events['beforesubmit']) => draft.title !== 'x');
const id: Promise<string | undefined> = saveReport({ title: 'x' }).then((saved) => saved.id);
const blob: Promise<Blob> = exportReplay({ format: 'native' });
rearview.identify({ id: 1, plan: 'team' });
const Provider: typeof RearviewProvider = RearviewProvider;
useRearview().destroy();
// @ts-expect-error
init({ endpoint: null });
// @ts-expect-error
on('nothing', () => {});
`;

describe('the package', { timeout: 300_000 }, () => {
	/** @type {string} */ let folder;
	before(async () => {
		folder = await project('fresh', await pack());
		writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
	});

	it('has a manifest without complaints', async () => {
		const { publint } = await import(join(recipes, 'node_modules/publint/src/index-node.js'));
		const { messages } = await publint({ pkgDir: join(folder, 'node_modules/rearview'), level: 'warning', pack: false });
		assert.deepEqual(messages, []);
	});

	for (const resolution of ['bundler', 'node16']) {
		it(`is typed, with moduleResolution ${resolution}`, async () => {
			writeFileSync(join(folder, 'use.ts'), USE);
			const module = resolution === 'bundler' ? 'esnext' : 'node16';
			await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--ignoreConfig', '--noEmit', '--strict', '--types', '', '--target', 'es2022', '--lib', 'es2022,dom', '--module', module, '--moduleResolution', resolution, 'use.ts'], { cwd: folder }).catch((error) => assert.fail(error.stdout));
		});
	}

	it('can be imported, called and rendered where there is no window', async () => {
		const { stdout } = await run(process.execPath, ['--input-type=module', '-e', `
			import rearview, { init } from 'rearview';
			import { createElement } from 'react';
			import { renderToString } from 'react-dom/server';
			import { RearviewProvider } from 'rearview/react';
			await init({ projectKey: 'x' });
			console.log(typeof rearview.then, renderToString(createElement(RearviewProvider, { projectKey: 'x' }, 'inside')));`], { cwd: folder });
		assert.equal(stdout.trim(), 'undefined inside');
	});

	it('costs nothing where it is imported and not used', async () => {
		const { outputFiles } = await build({ stdin: { contents: 'import { init } from "rearview"; import { RearviewProvider } from "rearview/react"; console.log(1)', resolveDir: folder }, bundle: true, format: 'esm', minify: true, write: false, external: ['react'] });
		assert.ok(outputFiles[0].text.length < 100, outputFiles[0].text);
	});

	describe('in a page', () => {
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {Awaited<ReturnType<typeof serveFolder>>} */ let site;
		before(async () => {
			symlinkSync('node_modules/rearview', join(folder, 'rv'));
			symlinkSync('node_modules/rearview', join(folder, 'rv2'));
			writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Page</title><p>here</p>');
			writeFileSync(join(folder, 'tag.html'), '<!doctype html><title>Tag</title><script src="/rv/files/rearview.js"></script><p>here</p>');
			writeFileSync(join(folder, 'frame.html'), '<!doctype html><title>Frames</title><iframe src="/index.html"></iframe>');
			browser = await launch('chromium');
			site = await serveFolder(folder);
		});
		after(async () => {
			await browser?.close();
			site?.close();
		});
		async function open(path = '/') {
			const page = await browser.newPage();
			/** @type {string[]} */ const errors = [];
			/** @type {string[]} */ const said = [];
			page.on('pageerror', (error) => errors.push(String(error)));
			page.on('console', (message) => said.push(message.text()));
			return { page, errors, said, go: () => page.goto(site.base + path) };
		}

		it('leaves nothing behind', async () => {
			const { page, errors, go } = await open();
			await go();
			const kept = await page.evaluate(async () => {
				const look = () => {
					/** @type {Map<string, any>} */ const all = new Map();
					for (const [name, owner] of /** @type {[string, any][]} */ ([['window', window], ['console', console], ['document', document], ...['Element', 'HTMLElement', 'Document', 'ShadowRoot', 'History', 'XMLHttpRequest', 'WebSocket', 'CSSStyleSheet', 'StyleSheet', 'CSSStyleRule', 'HTMLCanvasElement', 'Response', 'Navigator', 'EventTarget'].map((type) => [type, /** @type {any} */ (window)[type].prototype])])) {
						for (const key of Reflect.ownKeys(owner)) {
							const { value, get, set } = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(owner, key));
							if (typeof value === 'function' || get || value === undefined) all.set(`${name}.${String(key)}`, [value, get, set]);
							else all.set(`${name}.${String(key)}`, [typeof value]);
						}
					}
					return all;
				};
				const before = look();
				const elements = document.querySelectorAll('*').length;
				const { default: rearview } = await import(/* @vite-ignore */ `${location.origin}/rv/module/rearview.mjs`);
				await rearview.init({ projectKey: 'k', endpoint: null });
				const events = await rearview.exportReplay();
				const during = [...look().keys()].filter((key) => !before.has(key));
				rearview.destroy();
				const after = look();
				const others = [...after].filter(([key, now]) => now.some((/** @type {any} */ part, /** @type {number} */ i) => part !== before.get(key)?.[i])).map(([key]) => key);
				return { types: events.map((/** @type {any} */ e) => e.type).slice(0, 2), during, others, gone: [...before.keys()].filter((key) => !after.has(key)), elements: document.querySelectorAll('*').length - elements, enumerable: Object.keys(window).filter((key) => /rearview/i.test(key)) };
			});
			assert.deepEqual(kept, { types: [4, 2], during: ['window.Rearview'], others: [], gone: [], elements: 0, enumerable: [] });
			while (page.workers().length) await new Promise((done) => page.once('workerdestroyed', done));
			assert.deepEqual(errors, []);
			await page.close();
		});

		it('hands its calls to the copy that is there already', async () => {
			const { page, errors, said, go } = await open();
			await go();
			const got = await page.evaluate(async () => {
				const [one, two] = await Promise.all(['rv', 'rv2'].map((name) => import(/* @vite-ignore */ `${location.origin}/${name}/module/rearview.mjs`)));
				await one.init({ projectKey: 'two', endpoint: null });
				await two.init({ projectKey: 'other', endpoint: null });
				const types = (await two.exportReplay()).map((/** @type {any} */ e) => e.type);
				two.destroy();
				return { apart: one.default !== two.default, snapshots: types.filter((/** @type {number} */ t) => t === 2).length, left: 'Rearview' in window };
			});
			assert.deepEqual(got, { apart: true, snapshots: 1, left: false });
			assert.equal(said.filter((line) => /already/.test(line)).length, 1);
			assert.deepEqual(errors, []);
			await page.close();
		});

		it('records in a frame', async () => {
			const { page, go } = await open('/frame.html');
			await go();
			const frame = page.frames()[1];
			assert.equal(await frame.evaluate(async () => {
				const { init, exportReplay } = await import(/* @vite-ignore */ `${location.origin}/rv/module/rearview.mjs`);
				await init({ projectKey: 'k', endpoint: null });
				return JSON.stringify(await exportReplay()).includes('here');
			}), true);
			await page.close();
		});

		for (const missing of ['Worker', 'Proxy', 'WebAssembly', 'MutationObserver']) {
			it(`throws nothing into a page with the script tag and without ${missing}`, async () => {
				const { page, errors, go } = await open('/tag.html');
				await page.evaluateOnNewDocument((name) => void delete /** @type {any} */ (window)[name], missing);
				await go();
				const state = await page.evaluate(async () => {
					const { Rearview } = /** @type {any} */ (window);
					const started = Rearview.init({ projectKey: 'k', endpoint: null });
					Rearview.identify({ id: 1 });
					const ended = await started.then(() => 'records', () => 'does not');
					Rearview.destroy();
					return ended;
				});
				assert.match(state, /^(records|does not)$/);
				assert.deepEqual(errors, []);
				await page.close();
			});
		}

		it('takes the script tag of a page for its own', async () => {
			const { page, errors, said, go } = await open('/tag.html');
			await go();
			const same = await page.evaluate(async () => {
				const { Rearview } = /** @type {any} */ (window);
				await Rearview.init({ projectKey: 'tag', endpoint: null });
				const { init, exportReplay } = await import(/* @vite-ignore */ `${location.origin}/rv/module/rearview.mjs`);
				await init({ projectKey: 'other', endpoint: null });
				return [(await exportReplay()).filter((/** @type {any} */ e) => e.type === 2).length, /** @type {any} */ (window).Rearview === Rearview];
			});
			assert.deepEqual(same, [1, true]);
			assert.equal(said.filter((line) => /already/.test(line)).length, 1);
			assert.deepEqual(errors, []);
			await page.close();
		});

		for (const missing of ['Worker', 'Proxy', 'WebAssembly', 'MutationObserver', 'ShadowRoot', 'indexedDB']) {
			it(`throws nothing into a page without ${missing}`, async () => {
				const { page, errors, go } = await open();
				await page.evaluateOnNewDocument((name) => void delete /** @type {any} */ (window)[name], missing);
				await go();
				const state = await page.evaluate(async () => {
					const rearview = (await import(/* @vite-ignore */ `${location.origin}/rv/module/rearview.mjs`)).default;
					const started = rearview.init({ projectKey: 'k', endpoint: null });
					rearview.identify({ id: 1 });
					rearview.addBreadcrumb('x');
					const ended = await started.then(() => 'records', () => 'does not');
					rearview.destroy();
					return ended;
				});
				assert.match(state, /^(records|does not)$/);
				assert.deepEqual(errors, []);
				await page.close();
			});
		}
	});
});
