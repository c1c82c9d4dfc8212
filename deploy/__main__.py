"""``python -m deploy`` is ``shelfstream``, also where no script was installed."""

from deploy.cli import main

if __name__ == "__main__":
    main()
