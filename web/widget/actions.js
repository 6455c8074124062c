/* What support may ask of the page: acknowledged at once, done, answered. */

/**
 * @param {object} ctx
 * @param {(message: any) => void} ctx.send
 * @param {(name: import('./api/api.js').EventName, detail: any) => any[]} ctx.emit
 * @param {(report: Record<string, any>, screenshot: boolean) => Promise<import('./api/api.js').Saved>} ctx.report
 */
export function createActions({send, emit, report}) {
	/** @param {any} message */
	return async ({action, kind, sessionToken, description}) => {
		if (kind !== 'upload-session' && kind !== 'upload-screenshot') return send({t: 'result', action, ok: false, error: 'ACTION_NOT_SUPPORTED'});
		send({t: 'ack', action});
		emit('action', {action: kind});
		try {
			const saved = await report({trigger: 'wss', description: description ?? undefined, session_token: sessionToken}, kind === 'upload-screenshot');
			send({t: 'result', action, ok: true, report: saved.id});
		} catch (error) {
			send({t: 'result', action, ok: false, error: String(/** @type {any} */ (error)?.message ?? error)});
		}
	};
}
