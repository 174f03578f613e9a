"""The figures by subject: what each is called, what it means, and the rows it counts. `catalogue` has them all."""
