"""`python -m services.console` is `haoping`."""

from services.console.app import main

if __name__ == "__main__":
    main()
