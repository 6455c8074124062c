// A real collector for tests: its own process, its own data directory, a free port on loopback.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));

/** The program under test: RV_REARVIEWD, else the sanitized build. */
export function collectorBinary() {
	const path = process.env.RV_REARVIEWD || join(root, 'build/asan-ubsan/rearviewd');
	if (!existsSync(path)) throw new Error(`${path} is not there; build it or set RV_REARVIEWD`);
	return path;
}

/** Environment without the tests' own RV_… variables, which the collector would read as settings. */
function cleanEnv(/** @type {Record<string, string>} */ extra) {
	/** @type {Record<string, string>} */
	const env = {};
	for (const [name, value] of Object.entries(process.env)) if (value !== undefined && !name.startsWith('RV_')) env[name] = value;
	return { ...env, ASAN_OPTIONS: 'abort_on_error=0:detect_leaks=1', UBSAN_OPTIONS: 'print_stacktrace=1', ...extra };
}

/**
 * Runs a command of rearviewd to its end.
 * @param {string[]} args
 * @param {{input?: string, env?: Record<string, string>}} [options]
 */
export function runCollector(args, { input = '', env = {} } = {}) {
	const run = spawnSync(collectorBinary(), args, { input, encoding: 'utf8', env: cleanEnv(env), timeout: 60_000 });
	return { code: run.status, stdout: run.stdout, stderr: run.stderr };
}

/** Throws when the text holds a sanitizer's report. */
export function assertSilent(/** @type {string} */ stderr) {
	if (/runtime error|AddressSanitizer|LeakSanitizer|ThreadSanitizer|UndefinedBehaviorSanitizer/.test(stderr)) throw new Error(`a sanitizer reported:\n${stderr.slice(0, 8000)}`);
}

/**
 * Starts a collector with one workspace and one console user.
 * stop() drains, checks the exit code and the sanitizers, and removes the data directory unless it was given.
 * restart() starts again on the same data and port, after kill9() or stop({keep: true}).
 * @param {{env?: Record<string, string>, args?: string[], dataDir?: string, workspaceName?: string}} [options]
 */
export async function startCollector({ env = {}, args = [], dataDir, workspaceName = 'Test' } = {}) {
	const own = !dataDir;
	const dir = dataDir ?? mkdtempSync(join(tmpdir(), 'rv-collector-'));
	const made = runCollector(['workspace', 'add', '--name', workspaceName, '--json', '--data-dir', dir], { env });
	if (made.code !== 0) throw new Error(`workspace add failed: ${made.stderr}`);
	const { workspace_id, project_key, api_key } = JSON.parse(made.stdout);
	const user = { name: 'tester', password: 'correct horse battery' };
	const added = runCollector(['user', 'add', user.name, '--password-stdin', '--data-dir', dir], { input: `${user.password}\n`, env });
	if (added.code !== 0) throw new Error(`user add failed: ${added.stderr}`);

	/** @type {import('node:child_process').ChildProcess} */
	let child;
	/** @type {Promise<{code: number | null, signal: string | null}>} */
	let ended;
	const server = {
		baseUrl: '',
		port: 0,
		pid: 0,
		dataDir: dir,
		workspace: { id: workspace_id, projectKey: project_key, apiKey: api_key },
		user,
		stdout: '',
		stderr: '',
		start,
		stop,
		kill9,
		restart: start,
	};

	async function start() {
		child = spawn(collectorBinary(), ['serve', '--data-dir', dir, '--listen', `127.0.0.1:${server.port}`, ...args], { env: cleanEnv(env), stdio: ['ignore', 'pipe', 'pipe'] });
		const running = child;
		server.pid = child.pid ?? 0;
		ended = new Promise((done) => running.on('exit', (code, signal) => done({ code, signal })));
		running.stderr?.setEncoding('utf8').on('data', (text) => (server.stderr += text));
		const from = server.stdout.length;
		await new Promise((ready, failed) => {
			running.stdout?.setEncoding('utf8').on('data', (text) => {
				server.stdout += text;
				const address = /listening on (\S+)/.exec(server.stdout.slice(from));
				if (!address) return;
				server.baseUrl = address[1];
				server.port = Number(new URL(address[1]).port);
				ready(undefined);
			});
			ended.then(({ code }) => failed(new Error(`rearviewd ended with ${code}: ${server.stderr}`)));
		});
	}

	/** @param {{keep?: boolean}} [options] */
	async function stop({ keep = false } = {}) {
		if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
		const { code, signal } = await ended;
		if (own && !keep) rmSync(dir, { recursive: true, force: true });
		assertSilent(server.stderr);
		if (code !== 0 && signal !== 'SIGKILL') throw new Error(`rearviewd ended with ${code ?? signal}: ${server.stderr}`);
	}

	async function kill9() {
		child.kill('SIGKILL');
		await ended;
	}

	await start();
	return server;
}
