import { deflateRawSync, deflateSync } from 'node:zlib';

const table = new Uint32Array(256).map((_, n) => {
	for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ n >>> 1 : n >>> 1;
	return n >>> 0;
});

/** @param {Uint8Array} bytes */
export function crc32OfBytes(bytes) {
	let crc = 0xffffffff;
	for (const byte of bytes) crc = table[(crc ^ byte) & 255] ^ crc >>> 8;
	return (crc ^ 0xffffffff) >>> 0;
}

/** @param {Uint8Array} bytes */
export const deflate = (bytes) => deflateSync(bytes);
/** @param {Uint8Array} bytes */
export const deflateRaw = (bytes) => deflateRawSync(bytes);
