namespace NotebookDiff.Tests;

/// <summary>Reading a cell's code.</summary>
public class CellCodeTests
{
    private const string Loop = "for epoch in range(11):\n    print(epoch, W, cost)\n    ";

    [Theory]
    [InlineData(0.05, "a = 0.05; W -= a * gradient")]
    [InlineData(0.05, "lr = 1/20")]
    [InlineData(0.01, "lr = 10 ** -2")]
    [InlineData(0.1, "lr = 2 * 0.05")]
    [InlineData(0.05, "lr = float(\"0.05\")")]
    [InlineData(0.5, "learning_rate: float = .5")]
    [InlineData(5e-5, "print('# 1', 5e-5)")]
    [InlineData(2, "lr = 2")]
    public void Numbers_and_what_two_of_them_make_are_candidates(double number, string code) =>
        Assert.Contains(number, new CellCode(code, []).Numbers);

    [Theory]
    [InlineData(5, "lr=1e-2 # lr = 5")]
    [InlineData(0.3, "'''\nlr = 0.3\n'''; lr = 0.1")]
    [InlineData(0.4, "'{:.4} {:.4f}'")]
    [InlineData(32, "np.float32(0.1), x32")]
    [InlineData(-0.1, "lr = -0.1")]
    public void Comments_formats_names_and_negative_numbers_are_not(double number, string code) =>
        Assert.DoesNotContain(number, new CellCode(code, []).Numbers);

    [Theory]
    [InlineData(true, "def train(lr=0.3): pass", "lr = 0.1; train()")]
    [InlineData(true, "class Options:\n    lr = 0.3", "W -= 0.1 * Options.lr")]
    [InlineData(true, "lr = 0.3", "eps = 0.1; W -= lr * gradient")]
    [InlineData(true, "print(0.3)", "W -= gradient")]
    [InlineData(false, "lr = 0.3", "W -= 0.1 * gradient")]
    [InlineData(false, "lr = 0.3", "optimizer = optim.SGD([W], lr=0.15)")]
    public void Numbers_of_a_cell_above_count_if_it_is_used_or_the_cell_has_none(bool counts, string above, string cell) =>
        Assert.Equal(counts, new CellCode(cell, [new(above, []), new("x = 1", [])]).Numbers.Contains(0.3));

    [Theory]
    [InlineData(true, "for epoch in range(11):\n    print(f'{epoch} W: {W} cost: {cost}')\n    optimizer.step()")]
    [InlineData(true, $"{Loop}W -= lr * gradient")]
    [InlineData(true, "while True:\n    logging.info(f'{epoch} W {W} cost {cost}')\n    W.data.sub_(gradient)")]
    [InlineData(false, "def train():\n    for i in range(11):\n        print(i, W, cost)\n        W -= lr * gradient")]
    [InlineData(false, "for W in range(10):\n    print(W, cost)")]
    [InlineData(false, "for x in y:\n    print(x)\n    optimizer.step()")]
    [InlineData(false, "# for epoch in range(10):\n#     print(W, cost)\n#     W -= lr * gradient")]
    [InlineData(false, "for epoch in range(11):\n    h = x * W + b\n    print(epoch, W, b, cost)\n    optimizer.step()")]
    public void Loop_that_steps_and_prints_W_and_cost_trains(bool trains, string source) =>
        Assert.Equal(trains, new CellCode(source, []).Trains);
}
