// A Wasm module for the browser: exports under short names, those that nobody calls gone; what loads with
// every page once more through a newer wasm-opt than the toolchain's.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';

const OPT = resolve(import.meta.dirname, '../node_modules/binaryen/bin/wasm-opt');
const ARGS = ['--enable-bulk-memory', '--enable-sign-ext', '--enable-nontrapping-float-to-int', '--enable-mutable-globals', '-Oz', '--converge', '--dealign', '--strip-producers', '--strip-target-features'];
const EXPORTS = 7;
const KEPT = /^(?:rv_|memory$|_initialize$)/;

/** @param {Uint8Array} bytes @param {number} at @returns {[value: number, next: number]} unsigned LEB128 */
function leb(bytes, at) {
	let value = 0;
	for (let shift = 0; ; shift += 7) {
		const byte = bytes[at++];
		value += (byte & 127) * 2 ** shift;
		if (byte < 128) return [value, at];
	}
}
/** @param {number} value @returns {number[]} */
const toLeb = (value) => (value < 128 ? [value] : [value & 127 | 128, ...toLeb(value >>> 7)]);

/** @param {Uint8Array} bytes @param {(name: string) => string} short @returns {Buffer} the module with the exports that are called, renamed */
function rename(bytes, short) {
	const sections = [bytes.subarray(0, 8)];
	for (let at = 8; at < bytes.length;) {
		const [size, from] = leb(bytes, at + 1);
		const id = bytes[at];
		if (id !== EXPORTS) sections.push(bytes.subarray(at, from + size));
		else {
			const list = [];
			let [count, pos] = leb(bytes, from);
			while (count--) {
				const [length, start] = leb(bytes, pos);
				const end = leb(bytes, start + length + 1)[1];
				const name = Buffer.from(bytes.subarray(start, start + length)).toString();
				const text = Buffer.from(short(name));
				if (KEPT.test(name)) list.push([...toLeb(text.length), ...text, ...bytes.subarray(start + length, end)]);
				pos = end;
			}
			const body = [...toLeb(list.length), ...list.flat()];
			sections.push(Uint8Array.from([id, ...toLeb(body.length), ...body]));
		}
		at = from + size;
	}
	return Buffer.concat(sections);
}

/**
 * @param {string} file @param {string} scratch  folder for what is in between and what was made before
 * @param {(name: string) => string} short  a function's name for JavaScript
 * @param {boolean} isTight  through wasm-opt
 * @returns {Buffer}
 */
export function smallWasm(file, scratch, short, isTight) {
	const renamed = rename(readFileSync(file), short);
	if (!isTight) return renamed;
	const made = join(scratch, `${createHash('sha256').update(renamed).update(ARGS.join()).digest('hex').slice(0, 16)}.wasm`);
	mkdirSync(scratch, { recursive: true });
	if (!existsSync(made)) {
		writeFileSync(`${made}.in`, renamed);
		execFileSync(process.execPath, [OPT, ...ARGS, `${made}.in`, '-o', made], { stdio: ['ignore', 'ignore', 'inherit'] });
	}
	return readFileSync(made);
}
