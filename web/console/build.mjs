/**
 * Builds the console into OUT/console: index.html, player-<hash>.html, hashed scripts and styles.
 * The player is built first, since the console's scripts carry its address.
 *
 *   node web/console/build.mjs [OUT]      default: build/web
 */
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

/**
 * @param {string} out folder that gets a `console` folder
 * @param {{nodePaths?: string[], minify?: boolean}} [options]
 */
export async function buildConsole(out, options = {}) {
	const dir = join(out, 'console');
	await rm(dir, { recursive: true, force: true });
	await mkdir(dir, { recursive: true });
	/** @type {import('esbuild').BuildOptions} */
	const common = {
		bundle: true, format: 'esm', target: 'es2022', minify: options.minify ?? true, outdir: dir, metafile: true,
		entryNames: '[name]-[hash]', chunkNames: '[name]-[hash]', assetNames: '[name]-[hash]', legalComments: 'none',
		jsx: 'automatic', jsxImportSource: 'preact', nodePaths: options.nodePaths, logLevel: 'warning',
		loader: { '.svg': 'file' }, publicPath: '/console',
	};

	/**
	 * @param {string} template @param {string} entry its script, beside it
	 * @param {Record<string, string>} [define]
	 */
	async function page(template, entry, define) {
		const result = await build({ ...common, entryPoints: [join(here, entry)], splitting: true, define });
		/** @type {import('esbuild').Metafile['outputs']} */
		const outputs = /** @type {any} */ (result.metafile).outputs;
		const script = Object.keys(outputs).find((file) => outputs[file].entryPoint?.endsWith(entry));
		if (!script) throw new Error(`no output for ${entry}`);
		const names = { SCRIPT: basename(script), STYLE: basename(outputs[script].cssBundle ?? ''), ICON: basename(Object.keys(outputs).find((file) => /\/icon-[^/]*\.svg$/.test(file)) ?? '') };
		return (await readFile(join(here, template), 'utf8')).replace(/%(SCRIPT|STYLE|ICON)%/g, (_, name) => `/console/${names[/** @type {keyof typeof names} */ (name)]}`);
	}

	const player = await page('player.html', 'frame.js');
	const playerName = `player-${createHash('sha256').update(player).digest('hex').slice(0, 8)}.html`;
	await writeFile(join(dir, playerName), player);
	const index = await page('index.html', 'main.jsx', { RV_PLAYER: JSON.stringify(`/console/${playerName}`) });
	await writeFile(join(dir, 'index.html'), index);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildConsole(process.argv[2] ?? fileURLToPath(new URL('../../build/web', import.meta.url)));
