"""Pages for people: the kiosk, the phone, the workbench, the board, the scoreboard, the admin."""
