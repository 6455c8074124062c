// Each recipe is built from the packed tarball by its own tool, opened in Chromium and reports to a collector.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { build } from 'esbuild';
import { launch } from '../browser/harness.mjs';
import { startCollector } from '../collector/server.mjs';
import { pack, project, recipes, run, serveFolder } from './world.mjs';

const BUILD_MS = 150_000;
const bin = (/** @type {string} */ path) => join(recipes, 'node_modules', path);

describe('recipes', { timeout: 600_000 }, () => {
	/** @type {string} */ let tarball;
	/** @type {import('puppeteer-core').Browser} */ let browser;
	/** @type {Awaited<ReturnType<typeof startCollector>>} */ let collector;
	/** @type {NodeJS.ProcessEnv} */ let env;
	before(async () => {
		tarball = await pack();
		collector = await startCollector();
		browser = await launch('chromium');
		const { baseUrl: endpoint, workspace: { projectKey: key } } = collector;
		env = { ...process.env, NODE_ENV: 'production', KEY: key, ENDPOINT: endpoint, VITE_KEY: key, VITE_ENDPOINT: endpoint, NEXT_PUBLIC_KEY: key, NEXT_PUBLIC_ENDPOINT: endpoint, NEXT_TELEMETRY_DISABLED: '1', RECIPE_ROOT: recipes };
	});
	after(async () => {
		await browser?.close();
		await collector?.stop();
	});
	const node = (/** @type {string} */ cwd, /** @type {string[]} */ args, more = {}) => run(process.execPath, args, { cwd, env: { ...env, ...more }, timeout: BUILD_MS, maxBuffer: 1 << 24 });

	/** Opens it and reports. @param {string} base */
	async function reports(base) {
		const page = await browser.newPage();
		/** @type {string[]} */ const said = [];
		/** @type {string[]} */ const missing = [];
		page.on('console', (message) => /error|warn/.test(message.type()) && said.push(message.text()));
		page.on('pageerror', (error) => said.push(String(error)));
		page.on('response', (response) => response.status() >= 400 && response.url().startsWith(new URL(base).origin) && !response.url().endsWith('/favicon.ico') && missing.push(response.url()));
		await page.goto(base, { waitUntil: 'load' });
		await (await page.waitForSelector('#report'))?.click();
		await page.waitForFunction(() => /^#\d+$/.test(document.querySelector('#result')?.textContent ?? ''), { timeout: 60_000 }).catch((error) => assert.fail(`${error}\n${said.join('\n')}\n${missing.join('\n')}`));
		const workers = page.workers().map((worker) => worker.url());
		const events = await page.evaluate(async () => (await /** @type {any} */ (window).Rearview.exportReplay()).map((/** @type {any} */ event) => event.type));
		const opens = await page.evaluate(async () => {
			await /** @type {any} */ (window).Rearview.open();
			return document.querySelectorAll('rearview-ui').length;
		});
		await page.close();
		assert.deepEqual(missing, []);
		assert.equal(opens, 1, 'the panel');
		return { workers, said, snapshots: events.filter((/** @type {number} */ type) => type === 2).length };
	}

	/** The same with the policy of docs/npm.md: worker and Wasm are the application's own. @param {string} folder @param {string} [scripts] */
	async function reportsFrom(folder, scripts = "'self' 'wasm-unsafe-eval'") {
		const { baseUrl } = collector;
		const site = await serveFolder(folder, { 'content-security-policy': `default-src 'self'; script-src ${scripts}; worker-src 'self'; connect-src 'self' ${baseUrl} ${baseUrl.replace('http', 'ws')}; img-src 'self' data:` });
		try {
			const { workers, said, snapshots } = await reports(`${site.base}/`);
			assert.equal(workers.length, 1);
			assert.ok(workers[0].startsWith(site.base), workers[0]);
			assert.deepEqual(said.filter((line) => !/favicon|404/.test(line)), []);
			assert.equal(snapshots, 1);
		} finally {
			site.close();
		}
	}

	it('Vite', async () => {
		const folder = await project('vite', tarball);
		await node(folder, [bin('vite/bin/vite.js'), 'build']);
		await reportsFrom(join(folder, 'dist'));
	});

	it('React in StrictMode, with Vite', async () => {
		const folder = await project('react', tarball);
		await node(folder, [bin('vite/bin/vite.js'), 'build']);
		await reportsFrom(join(folder, 'dist'));
	});

	it('React in StrictMode, on Vite\'s development server: mounted twice, recorded once', async () => {
		const folder = await project('react', tarball);
		Object.assign(process.env, { VITE_KEY: env.VITE_KEY, VITE_ENDPOINT: env.VITE_ENDPOINT });
		const { createServer } = await import(bin('vite/dist/node/index.js'));
		const server = await createServer({ root: folder, cacheDir: join(folder, '.vite'), mode: 'development', logLevel: 'error', server: { host: '127.0.0.1', port: 0, strictPort: false } });
		try {
			await server.listen();
			const { workers, snapshots } = await reports(`http://127.0.0.1:${server.httpServer.address().port}/`);
			assert.deepEqual([workers.length, /^http:\/\/127/.test(workers[0]), snapshots], [1, true, 1], workers.join());
		} finally {
			await server.close();
			delete process.env.VITE_KEY;
			delete process.env.VITE_ENDPOINT;
		}
	});

	it('Vite, where neither workers nor Wasm run', async () => {
		const folder = await project('vite', tarball);
		await node(folder, [bin('vite/bin/vite.js'), 'build']);
		const site = await serveFolder(join(folder, 'dist'), { 'content-security-policy': "script-src 'self'; worker-src 'none'" });
		try {
			const { workers, snapshots } = await reports(`${site.base}/`);
			assert.deepEqual([workers, snapshots], [[], 1]);
		} finally {
			site.close();
		}
	});

	it('Vite, the worker named by the application', async () => {
		const folder = await project('vite', tarball);
		const main = readFileSync(join(folder, 'main.js'), 'utf8').replace('init({', "init({ workerUrl: new URL('rearview/worker', import.meta.url).href,");
		writeFileSync(join(folder, 'main.js'), main);
		await node(folder, [bin('vite/bin/vite.js'), 'build']);
		await reportsFrom(join(folder, 'dist'));
	});

	it('esbuild, which copies nothing, with a copied folder', async () => {
		const folder = await project('vite', tarball);
		const { VITE_KEY, VITE_ENDPOINT } = env;
		const main = readFileSync(join(folder, 'main.js'), 'utf8').replace('init({', "init({ assetsUrl: '/rearview/',");
		await build({
			stdin: { contents: main, resolveDir: folder }, outdir: folder, entryNames: 'main', bundle: true, splitting: true, format: 'esm', minify: true, allowOverwrite: true, logLevel: 'error',
			define: { 'import.meta.env.VITE_KEY': JSON.stringify(VITE_KEY), 'import.meta.env.VITE_ENDPOINT': JSON.stringify(VITE_ENDPOINT) },
		});
		cpSync(join(folder, 'node_modules/rearview/files'), join(folder, 'rearview'), { recursive: true });
		await reportsFrom(folder);
	});

	it('webpack', async () => {
		const folder = await project('webpack', tarball);
		await node(folder, ['build.mjs']);
		await reportsFrom(join(folder, 'dist'));
	});

	it('Next, rendered on the server', async () => {
		const folder = await project('next', tarball);
		await node(folder, [bin('next/dist/bin/next'), 'build']);
		await reportsFrom(join(folder, 'out'), "'self' 'unsafe-inline' 'wasm-unsafe-eval'");
	});

	it('a script tag, from a copied folder', async () => {
		const folder = await project('script', tarball);
		cpSync(join(folder, 'node_modules/rearview/files'), join(folder, 'rearview'), { recursive: true });
		const { KEY = '', ENDPOINT = '' } = env;
		writeFileSync(join(folder, 'index.html'), readFileSync(join(folder, 'index.html'), 'utf8').replace('%KEY%', KEY).replace('%ENDPOINT%', ENDPOINT));
		await reportsFrom(folder);
	});
});
