// PNG files for the tests, by the specification's filters: https://www.w3.org/TR/png-3/#9Filters
import assert from 'node:assert/strict';
import { inflateSync } from 'node:zlib';

/**
 * @param {Uint8Array} bytes  8 bits a channel, not interlaced
 * @returns {{width: number, height: number, channels: number, out: Uint8Array}} a palette's colours in place of its numbers
 */
export function decodePng(bytes) {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	assert.equal(view.getUint32(0), 0x89504e47, 'a PNG');
	const [width, height, channels] = [view.getUint32(16), view.getUint32(20), /** @type {Record<number, number>} */ ({ 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 })[bytes[25]]];
	assert.equal(bytes[24], 8);
	/** @type {Record<string, Uint8Array[]>} */
	const chunks = {};
	for (let at = 8; at < bytes.length; at += 12 + view.getUint32(at)) (chunks[String.fromCharCode(...bytes.subarray(at + 4, at + 8))] ??= []).push(bytes.subarray(at + 8, at + 8 + view.getUint32(at)));
	const rows = inflateSync(Buffer.concat(chunks.IDAT));
	const stride = width * channels;
	const out = new Uint8Array(stride * height);
	for (let y = 0; y < height; y++) {
		const filter = rows[y * (stride + 1)];
		for (let x = 0; x < stride; x++) {
			const a = x >= channels ? out[y * stride + x - channels] : 0;
			const b = y ? out[(y - 1) * stride + x] : 0;
			const c = x >= channels && y ? out[(y - 1) * stride + x - channels] : 0;
			const p = a + b - c;
			const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
			out[y * stride + x] = rows[y * (stride + 1) + 1 + x] + [0, a, b, (a + b) >> 1, pa <= pb && pa <= pc ? a : pb <= pc ? b : c][filter];
		}
	}
	if (bytes[25] !== 3) return { width, height, channels, out };
	const alpha = chunks.tRNS?.[0];
	const depth = alpha ? 4 : 3;
	const pixels = new Uint8Array(width * height * depth);
	for (let i = 0; i < out.length; i++) {
		pixels.set(chunks.PLTE[0].subarray(out[i] * 3, out[i] * 3 + 3), i * depth);
		if (alpha) pixels[i * depth + 3] = alpha[out[i]] ?? 255;
	}
	return { width, height, channels: depth, out: pixels };
}

/** The same as three colours a pixel, whatever it has. @param {Uint8Array} bytes @returns {{width: number, height: number, data: Uint8Array}} */
export function rgbOf(bytes) {
	const { width, height, channels, out } = decodePng(bytes);
	const data = new Uint8Array(width * height * 3);
	/* Grey has one colour. */
	for (let i = 0; i < width * height; i++) for (let k = 0; k < 3; k++) data[i * 3 + k] = out[i * channels + (channels < 3 ? 0 : k)];
	return { width, height, data };
}

/**
 * Share of the pixels, 0 to 1, whose three colours differ as `isOff` says; 1 when the sizes differ.
 * @param {Uint8Array} one @param {Uint8Array} two PNG files
 * @param {(red: number, green: number, blue: number) => boolean} isOff of the three distances
 */
export function differing(one, two, isOff) {
	const [a, b] = [rgbOf(one), rgbOf(two)];
	if (a.width !== b.width || a.height !== b.height) return 1;
	const [x, y] = [a.data, b.data];
	let off = 0;
	for (let i = 0; i < x.length; i += 3) if (isOff(Math.abs(x[i] - y[i]), Math.abs(x[i + 1] - y[i + 1]), Math.abs(x[i + 2] - y[i + 2]))) off++;
	return off / (a.width * a.height);
}

/** A pixel that an eye may tell from another: the distances' sum. @param {number} red @param {number} green @param {number} blue */
export const isSeen = (red, green, blue) => red + green + blue > 48;
