/* Answers from outside, up to a bound. */

/**
 * @param {Response} response
 * @param {number} room  bytes
 * @returns {Promise<Blob | null>} null: it was larger
 */
export async function readBounded(response, room) {
	const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body).getReader();
	/** @type {Uint8Array<ArrayBuffer>[]} */
	const chunks = [];
	let bytes = 0;
	for (let next = await reader.read(); !next.done; next = await reader.read()) {
		chunks.push(next.value);
		bytes += next.value.length;
		if (bytes > room) {
			reader.cancel();
			return null;
		}
	}
	return new Blob(chunks);
}
