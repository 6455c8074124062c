/* Pictures behind blob: addresses, which die with the page: what the stream shows instead is a data: URL,
 * drawn down when it is large. Pages that make no such address pay nothing. */
import * as rv from 'rv:records';
import {createPictures} from '../record/picture.js';

const LOOK_MS = 500;
/** How long after the last address was made its use is looked for. */
const LOOKS = 20;
const KEPT_MAX = 50;
const BLOB_MAX = 20 << 20;
const SMALL = 100_000;
const CHARS_MAX = 3 << 20;
const SELECTOR = 'img[src^="blob:"],image[href^="blob:"],video[poster^="blob:"],input[src^="blob:"]';

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observeBlobs({hub, enc, ids, flow, patcher, onRoot, onWindow, every, find, roots, isHidden}) {
	const {win, native} = hub;
	const {text, draw} = createPictures(hub);
	/** @type {Map<string, Blob>} */
	const blobs = new Map();
	/** @type {Map<string, Promise<string>>} */
	const images = new Map();
	/** What the stream was told. @type {Map<Element, {id: number, url: string}>} */
	const told = new Map();
	let chars = 0;
	let looks = 0;
	let isOver = false;

	/** @param {string} url @param {any} element shows it @returns {Promise<string>} */
	const image = async (url, element) => {
		try {
			const blob = blobs.get(url);
			if (blob && blob.size <= SMALL) return await text(blob);
			/* Made before this began, and perhaps revoked since: what the element shows. */
			if (element.naturalWidth) return await draw(element, element.naturalWidth, element.naturalHeight);
			const bitmap = await win.createImageBitmap(blob ?? await (await native.fetch(url)).blob());
			const {width, height} = bitmap;
			try {
				return await draw(bitmap, width, height);
			} finally {
				bitmap.close();
			}
		} catch {
			return '';
		}
	};

	/** @param {Element} element */
	const tell = async element => {
		const id = ids.live(element);
		const name = ['src', 'href', 'poster'].find(one => native.attribute(element, one)?.startsWith('blob:'));
		if (!id || !name || isHidden(ids.bitsOf(id))) return void told.delete(element);
		const url = /** @type {string} */ (native.attribute(element, name));
		const before = told.get(element);
		if (before?.id === id && before.url === url) return;
		told.set(element, {id, url});
		let made = images.get(url);
		if (!made) {
			if (images.size >= KEPT_MAX) images.delete(/** @type {string} */ (images.keys().next().value));
			images.set(url, made = image(url, element));
		}
		const data = await made;
		if (!data) {
			images.delete(url);
			told.delete(element);
		}
		/* After the attribute itself. */
		await flow.flush();
		if (isOver || !data || chars > CHARS_MAX || native.attribute(element, name) !== url) return;
		chars += data.length;
		flow.onNode(element, false, 6, own => {
			enc.begin(rv.REC_ATTRIBUTES);
			for (const word of [own, enc.name(name), enc.text(data)]) enc.word(word);
			enc.end();
		});
	};

	const look = (/** @type {Document | ShadowRoot} */ root) => {
		for (const element of find(root, SELECTOR)) tell(element);
	};
	onWindow(own => {
		patcher.method(/** @type {any} */ (own).URL, 'createObjectURL', null, (_self, [blob], url) => {
			if (!/^image\//.test(blob?.type) || blob.size > BLOB_MAX) return;
			if (blobs.size >= KEPT_MAX) blobs.delete(/** @type {string} */ (blobs.keys().next().value));
			blobs.set(url, blob);
			looks = LOOKS;
		});
	});
	onRoot((root, listen) => {
		look(root);
		/* An address made before recording began, or used late. */
		listen('load', ({target}) => {
			if (native.nodeType(target) === 1 && native.attribute(target, 'src')?.startsWith('blob:') && native.matches(target, SELECTOR)) tell(target);
		});
	});
	every(LOOK_MS, () => {
		if (looks-- > 0) roots(look);
		else {
			blobs.clear();
			for (const element of told.keys()) {
				if (native.isConnected(element)) tell(element);
				else told.delete(element);
			}
		}
	});
	return () => {
		isOver = true;
	};
}
