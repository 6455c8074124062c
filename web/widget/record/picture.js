/* Pictures of the page's own making, drawn down to a bounded size and encoded off the main thread. */

/** @typedef {ReturnType<typeof createPictures>} Pictures */

const PIXELS_MAX = 1_000_000;
const CHARS_MAX = 300_000;

/** The picture in its original size, as players that draw it expect. @param {string} data @param {number} width @param {number} height */
const sized = (data, width, height) => `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><image href="`)}${data}${encodeURIComponent('" width="100%" height="100%" preserveAspectRatio="none"/></svg>')}`;

/** @param {import('../host/hub.js').Hub} hub */
export function createPictures({win}) {
	const {document} = win;

	/** @param {Blob} blob @returns {Promise<string>} a data: URL, '' when it is too long or cannot be read */
	const text = blob => new Promise(done => {
		if (blob.size > CHARS_MAX * 3 / 4) return done('');
		const reader = new win.FileReader();
		reader.onload = () => done(`${reader.result}`);
		reader.onerror = () => done('');
		reader.readAsDataURL(blob);
	});

	/**
	 * What is drawn there now. Throws, at once or later, where the page may not read it.
	 * @param {CanvasImageSource} source @param {number} width @param {number} height
	 * @returns {Promise<string>}
	 */
	const draw = (source, width, height) => {
		const scale = Math.min(1, Math.sqrt(PIXELS_MAX / (width * height)));
		const canvas = document.createElement('canvas');
		canvas.width = Math.max(1, Math.round(width * scale));
		canvas.height = Math.max(1, Math.round(height * scale));
		const context = canvas.getContext('2d');
		context?.drawImage(source, 0, 0, canvas.width, canvas.height);
		return new Promise((done, failed) => {
			canvas.toBlob(blob => blob ? text(blob).then(data => done(data && scale < 1 ? sized(data, width, height) : data), failed) : done(''), 'image/webp', 0.7);
		});
	};
	return {text, draw};
}
