// WebKitGTK for the browser tests: MiniBrowser as Debian has it, on a display of its own, driven by plain
// W3C WebDriver over fetch. A page has the calls of puppeteer's that the tests use, so that one script of a
// person's walk runs in three engines. One page a browser.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './harness.mjs';

/** The keys a test names, as WebDriver spells them. */
const KEYS = /** @type {Record<string, string>} */ ({
	Backspace: '\uE003', Tab: '\uE004', Enter: '\uE007', Shift: '\uE008', Control: '\uE009', Alt: '\uE00A', Escape: '\uE00C', ' ': ' ', Space: ' ',
	PageUp: '\uE00E', PageDown: '\uE00F', End: '\uE010', Home: '\uE011', ArrowLeft: '\uE012', ArrowUp: '\uE013', ArrowRight: '\uE014', ArrowDown: '\uE015', Delete: '\uE017', Meta: '\uE03D',
});
/** MiniBrowser's tool bar would keep its window 447 px wide. */
const NARROW = '* { min-width: 0; padding: 0 }';

/** Xvfb on a display that it chooses itself. */
async function startDisplay() {
	const child = spawn('Xvfb', ['-displayfd', '3', '-nolisten', 'tcp', '-screen', '0', '2000x2800x24'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
	const [number] = await Promise.race([
		once(/** @type {import('node:stream').Readable} */ (child.stdio[3]), 'data'),
		once(child, 'exit').then(() => { throw new Error('Xvfb ended at once'); }),
		once(child, 'error').then(([error]) => { throw error; }),
	]);
	return { child, display: `:${String(number).trim()}` };
}

const ended = async (/** @type {import('node:child_process').ChildProcess} */ child) => {
	if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
};

/**
 * A browser with folders of its own, which go when it is closed.
 * @param {{scale?: number, userAgent?: string, args?: string[]}} [options]  scale: the device pixel ratio, a whole number
 */
export async function launchWebkit({ scale = 1, userAgent, args = [] } = {}) {
	const binary = readdirSync('/usr/lib').map((folder) => `/usr/lib/${folder}/webkit2gtk-4.1/MiniBrowser`).find(existsSync);
	if (!binary) throw new Error('MiniBrowser is not there: scripts/setup test');
	const home = mkdtempSync(join(tmpdir(), 'rv-webkit-'));
	mkdirSync(join(home, 'config/gtk-3.0'), { recursive: true });
	writeFileSync(join(home, 'config/gtk-3.0/gtk.css'), NARROW);
	const { child: screen, display } = await startDisplay();
	const port = await freePort();
	// a group of its own: the browser and its processes are the driver's children
	const driver = spawn('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], {
		detached: true, stdio: ['ignore', 'ignore', 'ignore'],
		env: {
			PATH: process.env.PATH, LANG: 'C.UTF-8', DISPLAY: display, HOME: home, XDG_RUNTIME_DIR: home, XDG_CACHE_HOME: join(home, 'cache'), XDG_CONFIG_HOME: join(home, 'config'), XDG_DATA_HOME: join(home, 'data'),
			GDK_BACKEND: 'x11', GDK_SCALE: String(scale), GTK_USE_PORTAL: '0', NO_AT_BRIDGE: '1', GSETTINGS_BACKEND: 'memory', DBUS_SESSION_BUS_ADDRESS: 'disabled:', LIBGL_ALWAYS_SOFTWARE: '1', WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
		},
	});
	const kill = () => {
		try { process.kill(-(/** @type {number} */ (driver.pid)), 'SIGKILL'); } catch { /* has ended */ }
		screen.kill('SIGKILL');
	};
	process.on('exit', kill);

	const send = async (/** @type {string} */ method, /** @type {string} */ path, /** @type {any} */ body = undefined) => {
		const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body === undefined ? undefined : JSON.stringify(body) });
		const { value } = /** @type {any} */ (await response.json());
		if (!response.ok) throw Object.assign(new Error(`WebDriver ${method} ${path.replace(/^\/session\/[^/]+/, '')}: ${value?.error}: ${value?.message}`), { code: value?.error });
		return value;
	};
	/** The driver listens some moments after its start; nothing tells when. */
	const listening = async () => {
		for (;;) {
			if (driver.exitCode !== null) throw new Error(`WebKitWebDriver ended with ${driver.exitCode}`);
			try {
				return await send('GET', '/status');
			} catch (error) {
				if (!/** @type {any} */ (error).cause) throw error;
				await new Promise((done) => setTimeout(done, 20));
			}
		}
	};
	const close = async () => {
		await send('DELETE', `/session/${session}`).catch(() => {});
		process.off('exit', kill);
		kill();
		await Promise.all([ended(driver), ended(screen)]);
		rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
	};

	let session = '';
	try {
		await listening();
		const given = await send('POST', '/session', { capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': { binary, args: ['--automation', ...(userAgent ? [`--user-agent=${userAgent}`] : []), ...args] } } } });
		session = given.sessionId;
		const page = createPage((method, path, body) => send(method, `/session/${session}${path}`, body));
		await send('POST', `/session/${session}/timeouts`, { script: 120_000, pageLoad: 60_000 });
		return { version: `WebKitGTK ${given.capabilities.browserVersion}`, newPage: async () => page, close };
	} catch (error) {
		await close();
		throw error;
	}
}

/**
 * The page's side of one session, with puppeteer's names.
 * @param {(method: string, path: string, body?: any) => Promise<any>} send
 */
function createPage(send) {
	let at = { x: 0, y: 0 };

	/** What a function returns in the page; its arguments and its value travel as JSON. */
	const evaluate = async (/** @type {any} */ fn, /** @type {any[]} */ ...args) => {
		const code = typeof fn === 'string' ? `async () => (${fn})` : String(fn);
		const text = await send('POST', '/execute/async', {
			script: `const done = arguments[arguments.length - 1];
				(async () => JSON.stringify({ value: await (${code})(...JSON.parse(arguments[0])) }))()
					.then(done, (error) => done(JSON.stringify({ error: String(error && error.stack && !String(error.stack).includes(error.message) ? error + '\\n' + error.stack : error) })));`,
			args: [JSON.stringify(args)],
		});
		const { value, error } = JSON.parse(text);
		if (error !== undefined) throw new Error(error);
		return value;
	};
	/** Waits in the page until the function gives something. */
	const waitForFunction = (/** @type {any} */ fn, /** @type {{timeout?: number}} */ { timeout = 30_000 } = {}, /** @type {any[]} */ ...args) =>
		evaluate(`await (async () => {
			const end = Date.now() + ${timeout};
			for (;;) {
				const got = await (${String(fn)})(...${JSON.stringify(args)});
				if (got) return got instanceof Node ? true : got;
				if (Date.now() > end) throw new Error('waited in vain for ' + ${JSON.stringify(String(fn).slice(0, 300))});
				await new Promise((done) => setTimeout(done, 30));
			}
		})()`);
	const waitForSelector = (/** @type {string} */ selector, /** @type {{timeout?: number}} */ options) => waitForFunction((/** @type {string} */ s) => !!document.querySelector(s), options, selector);

	const pointer = (/** @type {any[]} */ actions, pointerType = 'mouse') => send('POST', '/actions', { actions: [{ type: 'pointer', id: pointerType, parameters: { pointerType }, actions }] });
	const move = (/** @type {number} */ x, /** @type {number} */ y, duration = 0) => {
		at = { x: Math.round(x), y: Math.round(y) };
		return { type: 'pointerMove', duration, ...at };
	};
	const mouse = {
		move: (/** @type {number} */ x, /** @type {number} */ y, { steps = 1 } = {}) => {
			const from = at;
			return pointer(Array.from({ length: steps }, (_, i) => move(from.x + ((x - from.x) * (i + 1)) / steps, from.y + ((y - from.y) * (i + 1)) / steps)));
		},
		down: () => pointer([{ type: 'pointerDown', button: 0 }]),
		up: () => pointer([{ type: 'pointerUp', button: 0 }]),
		click: (/** @type {number} */ x, /** @type {number} */ y) => pointer([move(x, y), { type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 }]),
	};
	/** WebKitGTK's automation knows fingers by name, and hands the page a mouse. */
	const tap = (/** @type {number} */ x, /** @type {number} */ y) => pointer([move(x, y), { type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 }], 'touch');

	const keys = (/** @type {any[]} */ actions) => send('POST', '/actions', { actions: [{ type: 'key', id: 'keys', actions }] });
	const key = (/** @type {string} */ name) => KEYS[name] ?? name;
	const stroke = (/** @type {string} */ value) => [{ type: 'keyDown', value }, { type: 'keyUp', value }];
	const keyboard = {
		down: (/** @type {string} */ name) => keys([{ type: 'keyDown', value: key(name) }]),
		up: (/** @type {string} */ name) => keys([{ type: 'keyUp', value: key(name) }]),
		press: (/** @type {string} */ name) => keys(stroke(key(name))),
		type: (/** @type {string} */ text) => keys([...text].flatMap((letter) => stroke(letter === '\n' ? KEYS.Enter : letter))),
	};

	/** Where the middle of an element is, brought into view. */
	const middle = (/** @type {string} */ selector) => evaluate((/** @type {string} */ s) => {
		const element = document.querySelector(s);
		if (!element) throw new Error(`nothing is ${s}`);
		element.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
		const box = element.getBoundingClientRect();
		return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
	}, selector);
	const click = async (/** @type {string} */ selector) => {
		const { x, y } = await middle(selector);
		await mouse.click(x, y);
	};

	return {
		evaluate, waitForFunction, waitForSelector, mouse, keyboard, click,
		touchscreen: { tap },
		goto: (/** @type {string} */ url) => send('POST', '/url', { url }),
		reload: () => send('POST', '/refresh', {}),
		goBack: () => send('POST', '/back', {}),
		url: () => send('GET', '/url'),
		$eval: (/** @type {string} */ selector, /** @type {any} */ fn, /** @type {any[]} */ ...args) =>
			evaluate(`(${String(fn)})(document.querySelector(${JSON.stringify(selector)}), ...${JSON.stringify(args)})`),
		tap: async (/** @type {string} */ selector) => {
			const { x, y } = await middle(selector);
			await tap(x, y);
		},
		type: async (/** @type {string} */ selector, /** @type {string} */ text) => {
			await click(selector);
			await keyboard.type(text);
		},
		/** A PNG of the viewport. */
		screenshot: async (/** @type {{path?: string}} */ { path } = {}) => {
			const png = Buffer.from(await send('GET', '/screenshot'), 'base64');
			if (path) writeFileSync(path, png);
			return png;
		},
		/** The size is the viewport's: the window has a tool bar above it. */
		setViewport: async (/** @type {{width: number, height: number}} */ { width, height }) => {
			const size = () => evaluate(() => [innerWidth, innerHeight]);
			const window = await send('GET', '/window/rect');
			const [w, h] = await size();
			await send('POST', '/window/rect', { x: 0, y: 0, width: window.width + width - w, height: window.height + height - h });
			await waitForFunction((/** @type {number} */ x, /** @type {number} */ y) => innerWidth === x && innerHeight === y, { timeout: 10_000 }, width, height);
		},
		viewportSize: () => evaluate(() => ({ width: innerWidth, height: innerHeight })),
		isClosed: () => false,
		close: async () => {},
	};
}
