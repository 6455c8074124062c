/* The picture that the browser itself takes of this tab, with the user's consent. What is masked or
 * blocked is covered by rectangles as it lies at that moment; a picture of anything but this tab is
 * refused, since nothing could be covered there. */
import {boxesOf} from './shot_look.js';

const FIELDS = 'input:not([type=button],[type=submit],[type=reset],[type=checkbox],[type=radio],[type=range],[type=color],[type=image],[type=hidden]),textarea,select,[contenteditable]';
const BLOCKED = '#c9cdd6';
/** Frames until the prompt has gone from the picture. */
const FRAMES = 4;

/**
 * @param {import('./host/hub.js').Hub} hub
 * @param {import('./record/ids.js').Ids} ids
 * @param {number} hidden  bits of elements to cover
 * @returns {Promise<import('./shot.js').Pixels>}
 */
export async function shootDisplay(hub, ids, hidden) {
	const {win} = hub;
	const {document} = win;
	/** @type {any} */
	const media = win.navigator.mediaDevices;
	if (!media?.getDisplayMedia || !media.setCaptureHandleConfig) throw new Error('This browser cannot take a picture of this tab alone.');
	const handle = `rearview-${win.crypto.getRandomValues(new Uint32Array(4)).join('-')}`;
	media.setCaptureHandleConfig({handle, exposeOrigin: false, permittedOrigins: [win.location.origin]});
	/** @type {MediaStream} */
	const stream = await media.getDisplayMedia({video: {displaySurface: 'browser'}, audio: false, preferCurrentTab: true, selfBrowserSurface: 'include', surfaceSwitching: 'exclude'});
	try {
		/** @type {any} */
		const track = stream.getVideoTracks()[0];
		if (track.getCaptureHandle?.()?.handle !== handle) throw new Error('Only this tab can be taken: in another picture nothing could be masked.');
		const video = document.createElement('video');
		video.muted = true;
		video.srcObject = stream;
		await video.play();
		for (let i = 0; i < FRAMES; i++) await new Promise(done => win.requestAnimationFrame(done));
		const before = await covered(hub, ids, hidden);
		const canvas = document.createElement('canvas');
		canvas.width = video.videoWidth;
		canvas.height = video.videoHeight;
		const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', {willReadFrequently: true}));
		context.drawImage(video, 0, 0);
		/* What moved meanwhile is covered where it was and where it is. */
		const scale = {x: canvas.width / win.innerWidth, y: canvas.height / win.innerHeight};
		context.fillStyle = BLOCKED;
		for (const {left, top, width, height} of [...before, ...await covered(hub, ids, hidden)]) context.fillRect(Math.floor(left * scale.x) - 1, Math.floor(top * scale.y) - 1, Math.ceil(width * scale.x) + 2, Math.ceil(height * scale.y) + 2);
		const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
		video.srcObject = null;
		return {data: /** @type {ArrayBuffer} */ (data.buffer), width: canvas.width, height: canvas.height, notes: []};
	} finally {
		for (const track of stream.getTracks()) track.stop();
		hub.attempt(() => media.setCaptureHandleConfig());
	}
}

/** @param {import('./host/hub.js').Hub} hub @param {import('./record/ids.js').Ids} ids @param {number} hidden */
const covered = async (hub, ids, hidden) => [...(await boxesOf(hub, (element, matches) => !!(ids.bitsOf(ids.live(element)) & hidden) || matches(FIELDS))).values()];
