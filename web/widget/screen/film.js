/* The browser's own recording: what is shared becomes a stream, the stream pieces of a file. */

const BITS = 2_500_000;
const VOICE_BITS = 64_000;
const PIECE_MS = 1000;
const SILENT = ['video/webm;codecs=vp9', 'video/webm;codecs=vp8', 'video/mp4;codecs=avc1.42E01E', 'video/webm', 'video/mp4'];
const VOICED = ['video/webm;codecs=vp9,opus', 'video/webm;codecs=vp8,opus', 'video/mp4;codecs=avc1.42E01E,mp4a.40.2', 'video/webm', 'video/mp4'];

/** The best this browser can make; '' where there is none. @param {Window & typeof globalThis} win @param {boolean} voice @returns {string} */
export const typeOf = (win, voice) => typeof win.navigator.mediaDevices?.getDisplayMedia === 'function' && typeof win.MediaRecorder === 'function'
	? (voice ? VOICED : SILENT).find(type => win.MediaRecorder.isTypeSupported(type)) ?? '' : '';

/**
 * Asks the browser, which asks its user. Must be called by a click.
 * @param {Window & typeof globalThis} win
 * @param {boolean} voice
 * @returns {Promise<{stream: MediaStream, mime: string, isSilent: boolean}>} isSilent: there is no microphone, or none is allowed
 */
export async function share(win, voice) {
	const devices = win.navigator.mediaDevices;
	const stream = await devices.getDisplayMedia(/** @type {any} */ ({
		video: {frameRate: {ideal: 15, max: 30}, width: {max: 1920}, height: {max: 1200}},
		audio: false,
		preferCurrentTab: true,
		selfBrowserSurface: 'include',
		surfaceSwitching: 'exclude',
	}));
	let isSilent = false;
	if (voice) {
		try {
			for (const track of (await devices.getUserMedia({audio: true})).getAudioTracks()) stream.addTrack(track);
		} catch {
			isSilent = true;
		}
	}
	return {stream, mime: typeOf(win, voice && !isSilent), isSilent};
}

/**
 * @param {Window & typeof globalThis} win
 * @param {MediaStream} stream
 * @param {string} mime
 * @param {(piece: Blob) => void} onPiece  in order, about one a second
 * @param {() => void} onOver  the user ended it in the browser, or it cannot go on
 * @returns {() => Promise<void>} ends it; every piece has been handed over then
 */
export function film(win, stream, mime, onPiece, onOver) {
	const recorder = new win.MediaRecorder(stream, {mimeType: mime, videoBitsPerSecond: BITS, audioBitsPerSecond: VOICE_BITS});
	/** @type {Promise<void>} */
	const over = new Promise(done => recorder.addEventListener('stop', () => done(), {once: true}));
	recorder.addEventListener('dataavailable', ({data}) => data.size && onPiece(data));
	recorder.addEventListener('error', onOver);
	recorder.addEventListener('stop', onOver);
	for (const track of stream.getVideoTracks()) track.addEventListener('ended', onOver);
	recorder.start(PIECE_MS);
	return async () => {
		if (recorder.state !== 'inactive') recorder.stop();
		await over;
		for (const track of stream.getTracks()) track.stop();
	};
}
