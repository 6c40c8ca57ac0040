"""Charts of the fleet as data: a figure for plotly.js, a finding and a table."""
