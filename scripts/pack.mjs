// Makes the npm package in build/npm from what scripts/build-web.mjs built, and its tarball beside it.
import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const web = join(root, 'build/web');
const out = join(root, 'build/npm');
if (!existsSync(join(out, 'module/rearview.mjs'))) throw new Error('build/npm/module is not there: node scripts/build-web.mjs makes it.');
/** Bundlers may put smaller files into addresses, which a page's policy may not let run. */
const INLINED = 4096;

const files = join(out, 'files');
rmSync(files, { recursive: true, force: true });
mkdirSync(files, { recursive: true });
for (const name of readdirSync(web).filter((name) => /^rearview\.[\w.]+$/.test(name) && !/\.(br|gz)$/.test(name))) {
	copyFileSync(join(web, name), join(files, name));
	const { size } = statSync(join(files, name));
	if (name.endsWith('.js') && size <= INLINED) appendFileSync(join(files, name), `\n/*${' '.repeat(INLINED - size)}*/\n`);
}

// Licences of what is bundled: npm packages, and libraries compiled into the Wasm modules.
const NPM = /** @type {string[]} */ (JSON.parse(readFileSync(join(root, 'build/web-types/bundled.json'), 'utf8')));
const DEBIAN = ['zlib1g-dev', 'libcjson-dev', 'libstb-dev', 'emscripten'];
const notices = [
	...NPM.flatMap((name) => readdirSync(join(root, 'node_modules', name)).filter((file) => /^licen[cs]e/i.test(file)).slice(0, 1).map((file) => [name, join(root, 'node_modules', name, file)])),
	...DEBIAN.map((name) => [name.replace(/-dev$/, ''), `/usr/share/doc/${name}/copyright`]).filter(([, file]) => existsSync(file)),
].map(([name, file]) => `==== ${name} ====\n\n${readFileSync(file, 'utf8').trim()}\n`);
writeFileSync(join(out, 'THIRD-PARTY.txt'), `Parts of these are in Rearview's files.\n\n${notices.join('\n')}`);
copyFileSync(join(root, 'docs/npm.md'), join(out, 'README.md'));

const { name, version, description, license = 'UNLICENSED' } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
writeFileSync(join(out, 'package.json'), `${JSON.stringify({
	name, version, description, license,
	keywords: ['session replay', 'bug report', 'feedback', 'recorder', 'screenshot'],
	type: 'module',
	sideEffects: ['./files/*', './module/worker.js'],
	exports: {
		'.': { types: './module/rearview.d.ts', default: './module/rearview.mjs' },
		'./react': { types: './module/react.d.ts', default: './module/react.mjs' },
		'./worker': { types: './module/worker.d.ts', default: './module/worker.js' },
		'./rearview.js': './files/rearview.js',
		'./files/*': './files/*',
		'./package.json': './package.json',
	},
	main: './module/rearview.mjs',
	types: './module/rearview.d.ts',
	unpkg: './files/rearview.js',
	jsdelivr: './files/rearview.js',
	files: ['module', 'files', 'THIRD-PARTY.txt'],
	peerDependencies: { react: '>=18' },
	peerDependenciesMeta: { react: { optional: true } },
}, null, '\t')}\n`);

for (const old of readdirSync(out).filter((file) => file.endsWith('.tgz'))) rmSync(join(out, old));
execFileSync('npm', ['pack', '--silent', '--ignore-scripts'], { cwd: out, stdio: ['ignore', 'ignore', 'inherit'] });
console.log(`build/npm/${name}-${version}.tgz ${(statSync(join(out, `${name}-${version}.tgz`)).size / 1024).toFixed(0)} KB`);
