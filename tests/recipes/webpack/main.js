import { init, saveReport } from 'rearview';

init({ projectKey: process.env.KEY, endpoint: process.env.ENDPOINT });

document.querySelector('#report').addEventListener('click', async () => {
	const { number } = await saveReport({ title: 'From the recipe' }, { screenshot: true });
	document.querySelector('#result').textContent = `#${number}`;
});
