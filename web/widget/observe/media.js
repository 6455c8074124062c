/* Sound and film: playing, pausing, seeking; where a playing one has come to. */

const PLAYING_MS = 10_000;
const EVENTS = ['play', 'playing', 'pause', 'seeked', 'volumechange', 'ratechange', 'ended', 'emptied'];

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observeMedia({hub, state, flow, onRoot, targetOf, every, find}) {
	const {native} = hub;
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
