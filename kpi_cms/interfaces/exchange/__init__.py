"""Excel in and out: every workbook that enters or leaves passes through here."""
