/* What may be attached: told by the bytes, not by the name. */

export const MAX_FILES = 5;
const IMAGE_BYTES = 10 << 20;
const VIDEO_BYTES = 30 << 20;
export const ACCEPT = 'image/png,image/jpeg,image/webp,video/webm,video/mp4';

/** @typedef {{name: string, kind: 'screenshot' | 'recording', blob: Blob}} Attached */

/** @param {Uint8Array} b the first twelve bytes @returns {string} the media type, '' for others */
const typeOf = b => {
	const text = String.fromCharCode(...b);
	if (text.startsWith('\x89PNG')) return 'image/png';
	if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg';
	if (text.startsWith('RIFF') && text.slice(8) === 'WEBP') return 'image/webp';
	if (text.startsWith('\x1a\x45\xdf\xa3')) return 'video/webm';
	return text.slice(4, 8) === 'ftyp' ? 'video/mp4' : '';
};

/** In words: "1.2 MB". @param {number} bytes @param {string} locale */
export const sizeText = (bytes, locale) => {
	const [value, unit] = bytes < 1e6 ? [Math.max(1, Math.round(bytes / 1e3)), 'kilobyte'] : [bytes / 1e6, 'megabyte'];
	const options = {style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: unit === 'megabyte' ? 1 : 0, minimumFractionDigits: unit === 'megabyte' ? 1 : 0};
	try {
		return new Intl.NumberFormat(locale, /** @type {any} */ (options)).format(value);
	} catch {
		return new Intl.NumberFormat('en', /** @type {any} */ (options)).format(value);
	}
};

/**
 * @param {Blob[]} given
 * @param {number} had  how many there are already
 * @param {import('./words.js').Words} words
 * @returns {Promise<{files: Attached[], errors: string[]}>}
 */
export async function check(given, had, {t, locale}) {
	/** @type {Attached[]} */
	const files = [];
	/** @type {string[]} */
	const errors = [];
	for (const blob of given) {
		const name = `${/** @type {any} */ (blob).name || 'image'}`.slice(0, 200);
		const type = typeOf(new Uint8Array(await blob.slice(0, 12).arrayBuffer()));
		const isVideo = type.startsWith('video');
		const max = isVideo ? VIDEO_BYTES : IMAGE_BYTES;
		if (!type) errors.push(t('ui.badFile', {name}));
		else if (blob.size > max) errors.push(t('ui.bigFile', {name, size: sizeText(blob.size, locale), max: sizeText(max, locale)}));
		else if (had + files.length >= MAX_FILES) {
			errors.push(t('ui.manyFiles', {max: MAX_FILES}));
			break;
		} else files.push({name, kind: isVideo ? 'recording' : 'screenshot', blob: blob.slice(0, blob.size, type)});
	}
	return {files, errors};
}
