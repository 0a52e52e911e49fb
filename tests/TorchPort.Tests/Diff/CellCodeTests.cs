namespace NotebookDiff.Tests;

/// <summary>What a cell's code says of its training.</summary>
public class CellCodeTests
{
    private const string Loop = "for epoch in range(11):\n    print(epoch, W, cost)\n    ";

    [Theory]
    [InlineData("lr=1e-2 # lr = 5", "W -= gradient * lr", 0.01)]
    [InlineData("learning_rate: float = .5", "W.data -= learning_rate * W.grad.data", 0.5)]
    [InlineData("eta = 0.2", "W -= eta * gradient", 0.2)]
    [InlineData("lr, nb_epochs = 0.1, 10", "W -= lr * gradient", 0.1)]
    [InlineData("for i, lr in enumerate([0.1]): pass", "W -= lr * gradient", 0.1)]
    [InlineData("nb_epochs, lr = 10, 0.1", "W -= lr * gradient", 0.1)]
    [InlineData("lr = 1/20", "W -= lr * gradient", 0.05)]
    [InlineData("'''\nlr = 0.3\n'''; lr = 0.1", "W -= lr * gradient", 0.1)]
    [InlineData("print('lr = 0.3'); old_lr = 0.3; lr = 0.1", "W -= lr * gradient", 0.1)]
    [InlineData("lr = 0.1; plt.plot(costs, alpha=0.3)", "W -= lr * gradient", 0.1)]
    [InlineData("optimizer = optim.SGD([W], lr=0.15, momentum=0.9)", "optimizer.step()", 0.15)]
    [InlineData("optimizer = torch.optim.SGD(model.parameters(), 0.15)", "optimizer.step()", 0.15)]
    [InlineData("optimizer = SGD(params=[W], lr = 5.81e-05)", "optimizer.step()", 5.81e-05)]
    [InlineData("def train(rate=0.3, n=10): pass\ntrain(n=20, rate=0.2)", "W -= rate * gradient", 0.2)]
    [InlineData("def train(rate=0.3, n=10): pass\ntrain()", "W -= rate * gradient", 0.3)]
    [InlineData("class Trainer:\n    def __init__(self, rate): pass\nTrainer(0.05).fit()", "W -= self.rate * gradient", 0.05)]
    [InlineData("", "W -= 0.05 * gradient", 0.05)]
    [InlineData("", "W = W - .05 * gradient", 0.05)]
    [InlineData("", "W.data.sub_(0.05 * W.grad)", 0.05)]
    [InlineData("lr = 0.1", "W -= lr * torch.sum((W * x - y) * x)", 0.1)]
    public void The_learning_rate_that_it_names(string before, string update, double rate)
    {
        var (rates, certain) = Code($"{before}\n{Loop}{update}").RatesOf(place: 0, trainings: 1);

        Assert.Equal([rate], rates);
        Assert.Equal([rate], certain);
    }

    // Any of them may be the one, or none.
    [Theory]
    [InlineData("lr = 0.1\nlr = 0.05", "W -= lr * gradient", 0.1, 0.05)]
    [InlineData("lr, decay = 0.1, 0.05", "W -= lr * gradient", 0.1, 0.05)]
    [InlineData("lr = 0.1", "W -= 0.05 * gradient", 0.1, 0.05)]
    [InlineData("def train(rate=0.3, n=0): pass\ntrain(n=0.2)\nlr = 0.1", "W -= rate * gradient", 0.3, 0.1)]
    [InlineData("lr = 0.1", "W -= step * gradient", 0.1)]
    [InlineData("lr = 0.1", "W -= lr * gradient / 2", 0.1)]
    [InlineData("lr = 0.1", "W += lr * gradient", 0.1)]
    [InlineData("step = 0.05; plt.plot(costs, alpha=0.3)", "W -= step * gradient", 0.05, 0.3)]
    [InlineData("for lr, n in [(0.1, 10), (0.05, 10)]: pass", "W -= lr * gradient")]
    [InlineData("def train(rate): pass\nlr = 0.1\ntrain(lr / 2)", "W -= rate * gradient", 0.1)]
    [InlineData("lr = 1 / (2 * 10)", "W -= lr * gradient")]
    [InlineData("lr = 0.1 if fast else 0.05", "W -= lr * gradient")]
    [InlineData("lr = 0.1\nlr = lr / 2", "W -= lr * gradient", 0.1)]
    [InlineData("lr = float(input())", "W -= lr * gradient")]
    public void A_choice_of_learning_rates_leaves_doubt(string before, string update, params double[] choice)
    {
        var (rates, certain) = Code($"{before}\n{Loop}{update}").RatesOf(place: 0, trainings: 1);

        Assert.Equal(choice, rates);
        Assert.Empty(certain);
    }

    [Theory]
    [InlineData("optim.SGD([W], lr=0.15, momentum=0); print(o.param_groups[0]['lr'])", null)]
    [InlineData("optim.SGD([W], lr=0.15, momentum=0.9)", "SGD with momentum")]
    [InlineData("optim.SGD([W], lr=0.15, weight_decay=1e-4)", "SGD with weight decay")]
    [InlineData("optim.SGD([W], lr=0.15); s = StepLR(o, 3); s.step()", "StepLR")]
    [InlineData("optim.SGD([W], lr=0.15); s = StepLR(o, 3)", null)]
    [InlineData("optim.SGD([W], 0.15, 0.9)", "SGD with momentum")]
    [InlineData("make(optim.Adam)", "Adam")]
    [InlineData("optim.SGD([W], lr=0.15)\nfor i in x:\n    lr = lr * 0.9", "a learning rate that changes")]
    [InlineData("optim.SGD([W], lr=0.15)\nfor g in o.param_groups: g['lr'] = 0.1", "a learning rate that changes")]
    public void What_the_port_does_not_have(string optimizer, string? other) =>
        Assert.Equal(other, Code($"o = {optimizer}\n{Loop}o.step()").NotInPort(fits: false));

    [Theory]
    [InlineData(true, "for epoch in range(11):\n    print(f'{epoch} W: {W} cost: {cost}')\n    optimizer.step()")]
    [InlineData(true, "def train():\n    for i in range(11):\n        print(i, W, cost)\n        W -= lr * gradient\ntrain()")]
    [InlineData(false, "def train():\n    for i in range(11):\n        print(i, W, cost)\n        W -= lr * gradient")]
    [InlineData(false, "for W in range(10):\n    print(W, cost)")]
    [InlineData(false, "for x in y:\n    print(x)\n    optimizer.step()")]
    [InlineData(false, "# for epoch in range(10):\n#     print(W, cost)\n#     W -= lr * gradient")]
    [InlineData(false, "for images in loader:\n    print(W, loss)\n    optimizer.step()")]
    [InlineData(false, "for epoch in range(11):\n    h = x * W + b\n    print(epoch, W, cost)\n    optimizer.step()")]
    public void It_trains_this_model_where_it_loops_and_prints_W_and_cost(bool trains, string source) =>
        Assert.Equal(trains, Code(source).Trains);

    private static CellCode Code(string source) => new(CellCode.WithoutTexts(source), []);
}
