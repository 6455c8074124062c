/* Sound and film: playing, pausing, seeking; where a playing one has come to. */
import * as rv from 'rv:records';

const PLAYING_MS = 10_000;
const EVENTS = ['play', 'playing', 'pause', 'seeked', 'volumechange', 'ratechange', 'ended', 'emptied'];

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observeMedia({hub, enc, state, flow, onRoot, targetOf, every, find}) {
	const {native} = hub;
	const number = (/** @type {unknown} */ value) => Number.isFinite(value) ? Math.round(/** @type {number} */ (value) * 1000) : 0;
	state.media = (element, id) => {
		const bits = (element.paused === false && !element.ended ? rv.MEDIA_PLAYING : 0) | (element.muted ? rv.MEDIA_MUTED : 0) | (element.loop ? rv.MEDIA_LOOP : 0);
		enc.put(rv.REC_MEDIA, 5, id, bits, number(element.currentTime), number(element.volume), number(element.playbackRate));
	};
	/** @type {Set<HTMLMediaElement>} */
	const playing = new Set();
	/** @param {any} element */
	const write = element => {
		if (element.paused === false && !element.ended) playing.add(element);
		else playing.delete(element);
		flow.onNode(element, false, 8, id => state.media(element, id));
	};
	onRoot((root, listen) => {
		for (const type of EVENTS) {
			listen(type, event => {
				const node = targetOf(event);
				if (node && 'playbackRate' in node) write(node);
			});
		}
		for (const element of find(root, 'video,audio')) write(element);
	});
	every(PLAYING_MS, () => {
		for (const element of playing) {
			if (native.isConnected(element)) write(element);
			else playing.delete(element);
		}
	});
}
