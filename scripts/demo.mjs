// Starts the collector for the demo, makes its workspace the first time, writes demo.json and waits.
// Arguments: port, data directory. Called by scripts/demo.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { snippet } from '../web/widget/snippet.js';

const [port, data] = [process.argv[2], resolve(process.argv[3])];
const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const binary = process.env.RV_REARVIEWD ?? join(root, 'build/dev/rearviewd');
const base = `http://127.0.0.1:${port}`;
const file = join(data, 'demo.json');

const fail = (/** @type {string} */ message) => {
	console.error(message);
	process.exit(1);
};

/** Runs a command of rearviewd on the data directory; returns what it prints. */
function rearviewd(/** @type {string[]} */ args, input = '') {
	const run = spawnSync(binary, [...args, '--data-dir', data], { input, encoding: 'utf8' });
	if (run.status !== 0) fail(run.stderr.trim() || `rearviewd ${args.join(' ')} failed.`);
	return run.stdout;
}

/** @type {{base_url:string, workspace_id:string, project_key:string, api_key:string, demo_url:string, console_url:string, console_user:string, console_password:string}} */
let demo;
const first = !existsSync(file);
if (first) {
	const made = JSON.parse(rearviewd(['workspace', 'add', '--name', 'Fernweh Outfitters', '--json']));
	const password = randomBytes(12).toString('base64url');
	rearviewd(['user', 'add', 'admin', '--password-stdin'], password);
	demo = { ...made, console_user: 'admin', console_password: password };
} else {
	demo = JSON.parse(readFileSync(file, 'utf8'));
}
demo = {
	base_url: base,
	workspace_id: demo.workspace_id,
	project_key: demo.project_key,
	api_key: demo.api_key,
	demo_url: `${base}/demo/`,
	console_url: `${base}/`,
	console_user: demo.console_user,
	console_password: demo.console_password,
};

// The demo page is shell.html with this workspace's snippet, written once for each of its pages.
const pages = join(data, 'demo');
mkdirSync(pages, { recursive: true });
cpSync(join(root, 'web/demo'), pages, { recursive: true });
const shell = readFileSync(join(root, 'shell.html'), 'utf8')
	.replace('{{SNIPPET}}', () => snippet(base, demo.workspace_id, demo.project_key));
for (const [name, page] of [['index.html', 'shop'], ['checkout.html', 'checkout'], ['orders.html', 'orders']]) writeFileSync(join(pages, name), shell.replaceAll('{{PAGE}}', page));

const server = spawn(
	binary,
	['serve', '--listen', `127.0.0.1:${port}`, '--data-dir', data, '--widget-dir', join(root, 'build/web'), '--console-dir', join(root, 'build/web/console'), '--demo-dir', pages],
	{ stdio: ['ignore', 'pipe', 'inherit'] },
);
const stop = () => server.kill('SIGTERM');
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
server.on('exit', (code) => process.exit(code ?? 1));

await new Promise((done) => {
	let seen = '';
	server.stdout.on('data', (chunk) => {
		seen += chunk;
		if (seen.includes('listening on')) done(undefined);
	});
});

if (first) {
	// The same way an operator would: sign in to the console and change the setting.
	const api = `${base}/api/console`;
	const headers = { 'content-type': 'application/json', 'x-rearview-console': '1' };
	const login = await fetch(`${api}/login`, { method: 'POST', headers, body: JSON.stringify({ name: demo.console_user, password: demo.console_password }) });
	const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0];
	const settings = await fetch(`${api}/workspaces/${demo.workspace_id}/settings`, { headers: { cookie } }).then((r) => r.json());
	settings.config.actions = { ...settings.config.actions, always_connect: true };
	const saved = await fetch(`${api}/workspaces/${demo.workspace_id}/settings`, { method: 'PUT', headers: { ...headers, cookie }, body: JSON.stringify({ config: settings.config }) });
	if (!saved.ok) fail(`The demo workspace's settings could not be saved: ${await saved.text()}`);
}
writeFileSync(file, JSON.stringify(demo, null, 2) + '\n', { mode: 0o600 });

console.log(`
Demo page   ${demo.demo_url}
Console     ${demo.console_url}   ${demo.console_user} / ${demo.console_password}

Open the demo page, click around, then ask for that user's session from a second terminal:

curl -sS ${base}/api/v1/action \\
  -H 'x-rearview-api-key: ${demo.api_key}' -H 'content-type: application/json' \\
  -d '{"workspaceId":"${demo.workspace_id}","userId":"demo-user","action":"upload-session","userProvidedDescription":"Asked from the terminal"}'

The answer's sessionInfoUrl leads to the report. These values are also in ${file}. Ctrl-C stops the demo.

ready`);
