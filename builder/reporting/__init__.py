"""From results to what one can cite: comparisons, figures, tables and the page. Pure: records in, records and text out."""
