import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { RearviewProvider, useRearview } from 'rearview/react';

function Page() {
	const rearview = useRearview();
	const [result, setResult] = useState('');
	const report = async () => setResult(`#${(await rearview.saveReport({ title: 'From the recipe' }, { screenshot: true })).number}`);
	return <><h1>Recipe</h1><button id="report" onClick={report}>Report</button><output id="result">{result}</output></>;
}

createRoot(document.querySelector('#root')).render(
	<StrictMode>
		<RearviewProvider projectKey={import.meta.env.VITE_KEY} endpoint={import.meta.env.VITE_ENDPOINT} user={{ id: 'ann' }}>
			<Page />
		</RearviewProvider>
	</StrictMode>,
);
